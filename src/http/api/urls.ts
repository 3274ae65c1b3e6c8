import type { Router } from '@koa/router';
import { z } from 'zod';
import { shortCodeSchema, storedCodeSchema } from '../../clicks/schema.ts';
import { AppError, invalid } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { valueOf } from '../../stats/parse/parameters.ts';
import type { ShortUrl } from '../../urls/registry.ts';
import { parseUrl } from '../../lib/url.ts';
import { readJson } from '../body/read-body.ts';
import type { UrlAnswer, UrlPageAnswer } from '../openapi/answers.ts';
import {
  type Context,
  type State,
  pathParameter,
  requirePrincipal,
  requireScope,
  signalOf,
} from '../request/context.ts';
import { holderOf } from '../request/share-holder.ts';
import { instantSchema, ownerSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';

/** What the body of a PUT may look like. */
export const changeSchema = z.object({
  owner_id: ownerSchema.nullish(),
  created_at: instantSchema.nullish(),
  private_stats: z.boolean('must be true or false').nullish(),
  long_url: z
    .string('must be a string')
    .max(8_192, 'must be at most 8192 characters')
    .refine((text) => parseUrl(text) !== undefined, 'must be a URL')
    .nullable()
    .optional(),
});

/** URLs on a page. */
export const DEFAULT_PAGE = 100;
export const PAGE_LIMIT = 1_000;

export function urlRoutes(router: Router<State>, services: Services): void {
  const { urls } = services;
  const inShare = <T>(ctx: Context, work: () => Promise<T>): Promise<T> =>
    services.shares.urlRequests.within(holderOf(services, ctx), work, { signal: signalOf(ctx) });

  router.get('/api/v1/urls', async (ctx) => {
    const principal = requirePrincipal(ctx);
    const limit = Number(valueOf(ctx.query, 'limit') ?? DEFAULT_PAGE);
    if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_LIMIT) {
      throw invalid('limit', `limit must be a whole number from 1 to ${PAGE_LIMIT}.`);
    }
    const after = readCursor(valueOf(ctx.query, 'cursor'));
    requireScope(principal, 'urls:read');
    const ownerId = isAdmin(principal) ? undefined : principal.ownerId;
    const page = await inShare(ctx, () => urls.list(ownerId, after, limit));
    ctx.body = {
      items: page.items.map(present),
      next_cursor: page.next === null ? null : writeCursor(page.next),
    } satisfies UrlPageAnswer;
  });

  router.get('/api/v1/urls/:short_code', async (ctx) => {
    const principal = requirePrincipal(ctx);
    const shortCode = shortCodeOf(ctx);
    requireScope(principal, 'urls:read');
    ctx.body = present(await findOwn(services, principal, shortCode));
  });

  router.put('/api/v1/urls/:short_code', async (ctx) => {
    const principal = requirePrincipal(ctx);
    const shortCode = shortCodeOf(ctx, shortCodeSchema);
    const change = await readJson(services, ctx, { schema: changeSchema, scopes: ['urls:write'] });
    if ((change.owner_id ?? principal.ownerId) !== principal.ownerId && !isAdmin(principal)) {
      throw new AppError('forbidden', 'Only a key with admin:all may name another owner.', {
        field: 'owner_id',
      });
    }
    const mayChange = (url: ShortUrl): void => requireOwn(principal, url);
    const wanted = {
      ownerId: change.owner_id ?? undefined,
      createdAt: change.created_at ?? undefined,
      privateStats: change.private_stats ?? undefined,
      longUrl: change.long_url,
    };
    const defaults = { ownerId: principal.ownerId, now: services.now(), mayChange };
    const { url, isNew } = await inShare(ctx, () => urls.put(shortCode, wanted, defaults));
    ctx.status = isNew ? 201 : 200;
    ctx.body = present(url);
  });

  router.delete('/api/v1/urls/:short_code', async (ctx) => {
    const principal = requirePrincipal(ctx);
    const shortCode = shortCodeOf(ctx);
    requireScope(principal, 'urls:write');
    await inShare(ctx, async () => urls.delete(await findOwn(services, principal, shortCode)));
    ctx.status = 204;
  });
}

async function findOwn({ urls }: Services, principal: Principal, shortCode: string): Promise<ShortUrl> {
  const url = await urls.find(shortCode);
  if (url === undefined) throw new AppError('not_found', 'There is no such URL.', { field: 'short_code' });
  requireOwn(principal, url);
  return url;
}

function requireOwn(principal: Principal, url: ShortUrl): void {
  if (url.ownerId !== principal.ownerId && !isAdmin(principal)) {
    throw new AppError('forbidden', 'The URL belongs to another owner.');
  }
}

function shortCodeOf(ctx: Context, schema = storedCodeSchema): string {
  const parsed = schema.safeParse(pathParameter(ctx, 'short_code'));
  if (parsed.success) return parsed.data;
  throw invalid('short_code', `short_code ${parsed.error.issues[0]?.message ?? 'is wrong'}.`);
}

function present(url: ShortUrl): UrlAnswer {
  return {
    short_code: url.shortCode,
    owner_id: url.ownerId,
    created_at: new Date(url.createdAt).toISOString(),
    private_stats: url.privateStats,
    long_url: url.longUrl,
  };
}

function writeCursor(shortCode: string): string {
  return Buffer.from(shortCode).toString('base64url');
}

function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const shortCode = Buffer.from(cursor, 'base64url').toString('utf8');
  if (writeCursor(shortCode) === cursor) return shortCode;
  throw invalid('cursor', 'cursor must be the next_cursor of an earlier answer.');
}
