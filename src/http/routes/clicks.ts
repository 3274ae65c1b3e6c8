import { createHash } from 'node:crypto';
import type { Router } from '@koa/router';
import { z } from 'zod';
import { type BodyItem, jsonItems, ndjsonItems } from '../../clicks/body.ts';
import { ingest } from '../../clicks/ingest.ts';
import type { OnceName } from '../../clicks/writer.ts';
import { AppError, invalid } from '../../errors.ts';
import { isAdmin } from '../../keys/scopes.ts';
import { readBody } from '../body.ts';
import { type Context, type State, requirePrincipal, requireScope } from '../context.ts';
import type { Services } from '../services.ts';

const BODY_LIMIT = 64 * 1_048_576;

/** Rejected rows that an answer names. */
const REJECTIONS_SHOWN = 1_000;

const CONTENT_TYPES = {
  'application/x-ndjson': ndjsonItems,
  'application/json': jsonItems,
} as const;

export function clickRoutes(router: Router<State>, services: Services): void {
  router.post('/api/v1/clicks', async (ctx) => {
    const principal = requirePrincipal(ctx);
    const parse = parserOf(ctx);
    const key = idempotencyKey(ctx);
    const body = await readBody(ctx.req, BODY_LIMIT);
    const items: Iterable<BodyItem> = parse(body);
    requireScope(principal, 'clicks:write');
    const options = { ownerId: principal.ownerId, isAdmin: isAdmin(principal) };
    const now = services.now();
    const run = async (receivedAt: number, once?: OnceName): Promise<string> => {
      const result = await ingest(services.ingest, items, { ...options, receivedAt, once });
      services.metrics.countClicks(result.accepted, result.rejected.length);
      const rejected = result.rejected.slice(0, REJECTIONS_SHOWN);
      return JSON.stringify({ accepted: result.accepted, rejected });
    };
    const answer =
      key === undefined ? await run(now) : await runOnce(services, principal.ownerId, key, body, now, run);
    const counts = answerSchema.parse(JSON.parse(answer));
    const isAllBad = counts.accepted === 0 && counts.rejected.length > 0;
    ctx.status = isAllBad ? 422 : 200;
    ctx.body = isAllBad
      ? { error: 'No click was taken: every one is wrong.', code: 'validation_error', ...counts }
      : counts;
  });
}

const answerSchema = z.object({ accepted: z.number(), rejected: z.array(z.unknown()) });

/** Counts a request with an Idempotency-Key once, however often it is sent. */
async function runOnce(
  services: Services,
  ownerId: string,
  key: string,
  body: Buffer,
  now: number,
  run: (receivedAt: number, once: OnceName) => Promise<string>,
): Promise<string> {
  const bodySha256 = createHash('sha256').update(body).digest('hex');
  const name = JSON.stringify([ownerId, key, bodySha256]);
  return services.idempotency.once({ ownerId, key, bodySha256 }, now, ({ receivedAt, isRetry }) =>
    run(receivedAt, { name, isRetry }),
  );
}

function parserOf(ctx: Context): (body: Buffer) => Iterable<BodyItem> {
  const given = ctx.request.type.toLowerCase();
  for (const [type, parse] of Object.entries(CONTENT_TYPES)) if (given === type) return parse;
  throw new AppError(
    'unsupported_media_type',
    `Content-Type must be one of: ${Object.keys(CONTENT_TYPES).join(', ')}.`,
  );
}

function idempotencyKey(ctx: Context): string | undefined {
  const key = ctx.get('idempotency-key');
  if (key.length > 255) throw invalid('Idempotency-Key', 'Idempotency-Key must be at most 255 characters.');
  return key === '' ? undefined : key;
}
