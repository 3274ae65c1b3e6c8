import type { Router } from '@koa/router';
import { z } from 'zod';
import { AppError, invalid } from '../../errors.ts';
import type { ApiKey } from '../../keys/key-store.ts';
import { RATE_LIMITS, SCOPES } from '../../keys/scopes.ts';
import { readJson } from '../body/read-body.ts';
import type { KeyAnswer, KeyListAnswer, NewKeyAnswer } from '../openapi/answers.ts';
import { type State, pathParameter, requireAdmin, requirePrincipal } from '../request/context.ts';
import { instantSchema, nameSchema, ownerSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';

/** What the body of a request for a key may look like. */
export const newKeySchema = z.object({
  owner_id: ownerSchema,
  name: nameSchema,
  scopes: z
    .array(
      z.enum(SCOPES, `must be a list of: ${SCOPES.join(', ')}`),
      `must be a list of: ${SCOPES.join(', ')}`,
    )
    .min(1, 'must name at least one scope')
    .transform((scopes) => [...new Set(scopes)]),
  expires_at: instantSchema.nullish(),
  rate_limit: z.enum(RATE_LIMITS, `must be one of: ${RATE_LIMITS.join(', ')}`).default('standard'),
});

export function keyRoutes(router: Router<State>, services: Services): void {
  const { keys, now } = services;

  router.get('/api/v1/keys', async (ctx) => {
    requireAdmin(requirePrincipal(ctx));
    ctx.body = { items: (await keys.list()).map(present) } satisfies KeyListAnswer;
  });

  router.post('/api/v1/keys', async (ctx) => {
    const wanted = await readJson(services, ctx, { schema: newKeySchema, scopes: [] });
    const expiresAt = wanted.expires_at ?? null;
    if (expiresAt !== null && expiresAt <= now()) throw invalid('expires_at', 'expires_at lies in the past.');
    const { key, stored } = await keys.create({
      ownerId: wanted.owner_id,
      name: wanted.name,
      scopes: wanted.scopes,
      rateLimit: wanted.rate_limit,
      expiresAt,
    });
    const { id, ...rest } = present(stored);
    ctx.status = 201;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { id, key, ...rest } satisfies NewKeyAnswer;
  });

  router.delete('/api/v1/keys/:id', async (ctx) => {
    const principal = requirePrincipal(ctx);
    const id = pathParameter(ctx, 'id');
    requireAdmin(principal);
    if (!(await keys.revoke(id)))
      throw new AppError('not_found', 'There is no key of that id.', { field: 'id' });
    ctx.status = 204;
  });
}

function present(key: ApiKey): KeyAnswer {
  return {
    id: key.id,
    owner_id: key.ownerId,
    name: key.name,
    scopes: key.scopes,
    expires_at: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
    created_at: new Date(key.createdAt).toISOString(),
    rate_limit: key.rateLimit,
  };
}
