import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type BodyFormat, type ClicksRequest, ingestBytes } from '../../clicks/ingest-bytes.ts';
import type { OnceName } from '../../clicks/writer.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { yielding, slicesOf } from '../../lib/event-loop.ts';
import { type Context, signalOf } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { withRoom } from './ingest-memory.ts';

/** Rejected clicks, and warnings, that a response lists. */
export const MAX_FINDINGS_SHOWN = 1_000;

/** A body whose first clicks are all rejected is read no further. */
export const MAX_LEADING_REJECTIONS = 10_000;

export interface ClicksBody {
  readonly bytes: Buffer;
  readonly format: BodyFormat;
  /** Idempotency-Key. */
  readonly key: string | undefined;
}

/** The outcome of an earlier release may have further fields. */
const outcomeSchema = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), field: z.string(), error: z.string() })),
  warnings: z.array(z.object({ index: z.number(), field: z.string(), warning: z.string() })).exactOptional(),
  stopped_at: z.number().exactOptional(),
});

export type IngestOutcome = z.output<typeof outcomeSchema>;

/**
 * Stores the clicks of a body.
 * @returns the same each time for a repeated request with the same key
 * @throws AppError 409 when the key was used with another body, 503 when ClickHouse is unavailable
 */
export async function ingestBody(
  services: Services,
  ctx: Context,
  principal: Principal,
  body: ClicksBody,
): Promise<IngestOutcome> {
  const { bytes, format, key } = body;
  const outcome = await withRoom(services, ctx, bytes, (room) => {
    const now = services.now();
    const run = async (
      receivedAt: number,
      once?: OnceName,
      mayStore?: () => Promise<void>,
    ): Promise<string> => {
      const request: ClicksRequest = {
        bytes,
        format,
        ownerId: principal.ownerId,
        isAdmin: isAdmin(principal),
        receivedAt,
        once,
        badAtMost: MAX_LEADING_REJECTIONS,
        findingsShown: MAX_FINDINGS_SHOWN,
      };
      const surroundings = { room, signal: signalOf(ctx), mayStore };
      // A retry looks up which of its clicks are stored.
      const report =
        services.ingestThreads.isFor(bytes.length) && once?.isRetry !== true
          ? await services.ingestThreads.ingest(request, surroundings)
          : await ingestBytes(services.ingest, request, surroundings);
      // The writer has noted whose clicks it stored, except where another process stored those of a repeated request.
      ctx.state.hasNotedChanges = true;
      const { accepted, rejectedCount, rejected, warnings, stoppedAt } = report;
      services.metrics.countClicks(accepted, rejectedCount);
      return JSON.stringify({
        accepted,
        rejected,
        warnings: warnings.length === 0 ? undefined : warnings,
        stopped_at: stoppedAt,
      });
    };
    return key === undefined ? run(now) : runOnce(services, principal.ownerId, key, bytes, now, run);
  });
  return outcomeSchema.parse(JSON.parse(outcome));
}

/** Counts a request with an Idempotency-Key once, however often it is sent. */
async function runOnce(
  services: Services,
  ownerId: string,
  key: string,
  body: Buffer,
  now: number,
  run: (receivedAt: number, once: OnceName, mayStore: () => Promise<void>) => Promise<string>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const slice of yielding(slicesOf(body))) hash.update(slice);
  const bodySha256 = hash.digest('hex');
  const name = JSON.stringify([ownerId, key, bodySha256]);
  return services.idempotency.once({ ownerId, key, bodySha256 }, now, ({ receivedAt, isRetry, recorded }) =>
    run(receivedAt, { name, isRetry }, recorded),
  );
}
