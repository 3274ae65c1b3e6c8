import { createHash } from 'node:crypto';
import type { Router } from '@koa/router';
import { z } from 'zod';
import { type BodyStep, jsonItems, ndjsonItems } from '../../clicks/click-body.ts';
import { ingest } from '../../clicks/ingest.ts';
import type { OnceName } from '../../clicks/writer.ts';
import { AppError, invalid } from '../../errors.ts';
import type { Room } from '../../fair-share/room.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { inTurns, slicesOf } from '../../lib/event-loop.ts';
import { withBody } from '../body/read-body.ts';
import { type Context, type State, requirePrincipal, signalOf } from '../request/context.ts';
import { withRoom } from '../body/ingest-memory.ts';
import type { Services } from '../request/services.ts';

export const BODY_LIMIT = 64 * 1_048_576;

/** Rejected rows that an answer names. */
export const REJECTIONS_SHOWN = 1_000;

/** A body whose first clicks are all bad is read no further. */
export const BAD_AT_MOST = 10_000;

type Parse = (body: Buffer) => Iterator<BodyStep>;

export const CONTENT_TYPES = {
  'application/x-ndjson': ndjsonItems,
  'application/json': jsonItems,
} as const;

export function clickRoutes(router: Router<State>, services: Services): void {
  router.post('/api/v1/clicks', async (ctx) => {
    const principal = requirePrincipal(ctx);
    const key = idempotencyKey(ctx);
    const parse = parserOf(ctx);
    const signal = signalOf(ctx);
    const rules = { scopes: ['clicks:write'], limit: BODY_LIMIT } as const;
    const answer = await withBody(services, ctx, rules, (body) =>
      withRoom(services, ctx, body, (room) =>
        takeIn(services, principal, { body, parse, key, signal, room, state: ctx.state }),
      ),
    );
    const counts = answerSchema.parse(JSON.parse(answer));
    const isAllBad = counts.accepted === 0 && counts.rejected.length > 0;
    ctx.status = isAllBad ? 422 : 200;
    ctx.body = isAllBad ? { error: allBad(counts.stopped_at), code: 'validation_error', ...counts } : counts;
  });
}

interface ClicksRequest {
  readonly body: Buffer;
  readonly parse: Parse;
  /** Idempotency-Key. */
  readonly key: string | undefined;
  readonly signal: AbortSignal;
  readonly room: Room;
  readonly state: State;
}

/** @returns the answer as JSON, the same each time for a request that is repeated */
async function takeIn(
  services: Services,
  principal: Principal,
  { body, parse, key, signal, room, state }: ClicksRequest,
): Promise<string> {
  const items: Iterable<BodyStep> = { [Symbol.iterator]: () => parse(body) };
  const options = {
    ownerId: principal.ownerId,
    isAdmin: isAdmin(principal),
    rejectionsKept: REJECTIONS_SHOWN,
    badAtMost: BAD_AT_MOST,
    room,
    signal,
  };
  const now = services.now();
  const run = async (receivedAt: number, once?: OnceName): Promise<string> => {
    const result = await ingest(services.ingest, items, { ...options, receivedAt, once });
    // The writer has; not so where another process has stored what is answered for here.
    state.hasNotedChanges = true;
    services.metrics.countClicks(result.accepted, result.rejectedCount);
    const { accepted, rejected, stoppedAt } = result;
    return JSON.stringify({ accepted, rejected, stopped_at: stoppedAt });
  };
  return key === undefined ? run(now) : runOnce(services, principal.ownerId, key, body, now, run);
}

const answerSchema = z.object({
  accepted: z.number(),
  rejected: z.array(z.unknown()),
  stopped_at: z.number().optional(),
});

function allBad(stoppedAt: number | undefined): string {
  if (stoppedAt === undefined) return 'No click was taken: every one is wrong.';
  return `No click was taken: the first ${stoppedAt} are all wrong, and the others were not read.`;
}

/** Counts a request with an Idempotency-Key once, however often it is sent. */
async function runOnce(
  services: Services,
  ownerId: string,
  key: string,
  body: Buffer,
  now: number,
  run: (receivedAt: number, once: OnceName) => Promise<string>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const slice of inTurns(slicesOf(body))) hash.update(slice);
  const bodySha256 = hash.digest('hex');
  const name = JSON.stringify([ownerId, key, bodySha256]);
  return services.idempotency.once({ ownerId, key, bodySha256 }, now, ({ receivedAt, isRetry }) =>
    run(receivedAt, { name, isRetry }),
  );
}

function parserOf(ctx: Context): Parse {
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
