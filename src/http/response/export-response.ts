import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failureName } from '../../clickhouse/failures.ts';
import { spooled } from '../../export-spool/spooled.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { whileTransferring } from '../../fair-share/transfers.ts';
import { parseStatsRequest } from '../../stats/parse/query.ts';
import { yielding } from '../../lib/event-loop.ts';
import { type Context, signalOf } from '../request/context.ts';
import { holderOf } from '../request/share-holder.ts';
import { withStoredFilters } from '../request/segments.ts';
import { bytesTaken } from './bytes-taken.ts';
import type { Services } from '../request/services.ts';
import { StageTimes } from '../request/stage-times.ts';
import { ownTraceOf, traceparentOf } from '../request/trace-context.ts';
import { findTenant } from '../request/tenant.ts';
import { openExport, parseFormat } from './open-export.ts';
import { type PathSubject, parsedFrom } from './stats-response.ts';

const IN_THE_WAY = 'slow, and others waited for its slot';

/**
 * Streams an export to its client, of the URL that the path names where it does.
 * @throws AppError as long as nothing has been sent; a failure after that breaks the connection
 */
export async function sendExport(services: Services, ctx: Context, path?: PathSubject): Promise<void> {
  const times = new StageTimes();
  ctx.state.times = times;
  const parsedFromMs = performance.now();
  const now = services.now();
  const format = parseFormat(ctx.query);
  const keptSince = services.keptSince(now);
  const timeZones = await services.timeZones();
  const sent = parseStatsRequest(ctx.query, { now, timeZones, keptSince, ...parsedFrom(path) });
  const asked = await withStoredFilters(services, sent, ctx.state.principal);
  times.add('parse', parsedFromMs);
  const tenant = await (path?.findTenant() ?? findTenant(services, asked.subject, ctx.state.principal));
  const stopped = new AbortController();
  const left = signalOf(ctx);
  if (left.aborted) return;
  left.addEventListener('abort', () => stopped.abort());
  const holder = holderOf(services, ctx);
  const trace = ownTraceOf(ctx.req, services.tracer);
  const traceparent = trace && traceparentOf(trace);
  const queuedFromMs = performance.now();
  const run = async (): Promise<void> => {
    times.add('queue', queuedFromMs);
    let wasInTheWay = false;
    const cut = (): void => {
      wasInTheWay = true;
      ctx.res.destroy();
    };
    const transfer = { holder, bytes: () => bytesAwaited(ctx.res), cut };
    const send = async (): Promise<void> => {
      let queriedFromMs = performance.now();
      const file = await openExport(
        services,
        { asked, tenant, format, holder, now, traceparent },
        stopped,
        () => (queriedFromMs = performance.now()),
      );
      times.add('clickhouse', queriedFromMs);
      times.beginLast('stream');
      try {
        ctx.respond = false;
        ctx.res.writeHead(200, {
          'Content-Type': file.contentType,
          'Content-Disposition': `attachment; filename="${file.fileName}"`,
          'Cache-Control': 'private, no-store',
          'Server-Timing': times.serverTiming,
        });
        if (ctx.method === 'HEAD') ctx.res.end();
        else {
          const bytes = spooledFor(ctx.res, holder, services, file.bytes);
          await pipeline(Readable.from(yielding(bytes), { objectMode: false }), ctx.res);
        }
      } finally {
        stopped.abort();
        // Until then ClickHouse's threads and memory are not free, and neither is the slot.
        await file.ended();
      }
    };
    try {
      await whileTransferring(services.shares.exports, transfer, send);
    } catch (error) {
      // Once the answer has begun the broken connection is the only way to tell; pipeline has seen to that.
      if (!ctx.res.headersSent) throw error;
      const reason = wasInTheWay ? IN_THE_WAY : failureName(error);
      services.log.warn({ failure: reason }, 'an export was cut');
      ctx.res.destroy();
    }
  };
  await services.shares.exports.within(holder, run, stopped);
}

/** What a client has taken while it has more waiting; undefined while it has not. */
function bytesAwaited({ socket }: ServerResponse): number | undefined {
  return socket === null || socket.writableLength === 0 ? undefined : bytesTaken(socket);
}

/** Lets go of ClickHouse's query where the client is slower than it. */
function spooledFor(
  response: ServerResponse,
  holder: Holder,
  { spool }: Services,
  bytes: AsyncIterable<Buffer | string>,
): AsyncIterable<Buffer | string> {
  if (spool === undefined) return bytes;
  return spooled(bytes, {
    createFile: () => spool.create(holder),
    isBehind: () => response.writableNeedDrain,
  });
}
