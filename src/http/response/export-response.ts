import type { ServerResponse } from 'node:http';
import { parseClickFile } from '../../click-rows/export-request.ts';
import { parseClickRequest, parseVisitors } from '../../click-rows/click-query.ts';
import { failureName } from '../../clickhouse/failures.ts';
import { spooled } from '../../export-spool/spooled.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { whileTransferring } from '../../fair-share/transfers.ts';
import type { Principal } from '../../keys/scopes.ts';
import { parseStatsRequest } from '../../stats/parse/parse-request.ts';
import { yielding } from '../../lib/event-loop.ts';
import { type Context, signalOf } from '../request/context.ts';
import { holderOf } from '../request/share-holder.ts';
import { withStoredFilters } from '../request/stored-filters.ts';
import { bytesTaken } from './bytes-taken.ts';
import { writeBytes } from './write-bytes.ts';
import type { Services } from '../request/services.ts';
import { StageTimes } from '../request/stage-times.ts';
import { ownTraceOf, traceparentOf } from '../request/trace-context.ts';
import { findClickTenant, findTenant } from '../request/tenant.ts';
import { openExport } from './open-export.ts';
import type { WantedExport } from './planned-file.ts';
import { parseFormat } from '../request/asked-format.ts';
import { type PathSubject, parsedFrom } from './stats-response.ts';

/** An export, but for what the connection says. */
type AskedExport = WithoutConnection<WantedExport>;

type WithoutConnection<Wanted> = Wanted extends WantedExport
  ? Omit<Wanted, 'holder' | 'encoding' | 'traceparent' | 'reusesBuffers'>
  : never;

const IN_THE_WAY = 'slow, and others waited for its slot';

/**
 * Streams an export of statistics to its client, of the URL that the path names where it does.
 * @throws AppError as long as nothing has been sent; a failure after that breaks the connection
 */
export async function sendExport(services: Services, ctx: Context, path?: PathSubject): Promise<void> {
  const times = timesOf(ctx);
  const parsedFromMs = performance.now();
  const now = services.now();
  const format = parseFormat(ctx.query);
  const keptSince = services.keptSince(now);
  const timeZones = await services.timeZones();
  const sent = parseStatsRequest(ctx.query, { now, timeZones, keptSince, ...parsedFrom(path) });
  const asked = await withStoredFilters(services, sent, ctx.state.principal);
  times.add('parse', parsedFromMs);
  const tenant = await (path?.findTenant() ?? findTenant(services, asked.subject, ctx.state.principal));
  await send(services, ctx, { asked, tenant, format, now });
}

/** Streams an export of clicks to its client. @throws AppError as `sendExport` */
export async function sendClickExport(services: Services, ctx: Context, principal: Principal): Promise<void> {
  const times = timesOf(ctx);
  const parsedFromMs = performance.now();
  const now = services.now();
  const file = parseClickFile(ctx.query);
  const keptSince = services.keptSince(now);
  const timeZones = await services.timeZones();
  const sent = parseClickRequest(ctx.query, { now, timeZones, keptSince });
  const asked = await withStoredFilters(services, sent, principal);
  times.add('parse', parsedFromMs);
  const tenant = await findClickTenant(services, asked.subject, principal, parseVisitors(ctx.query));
  await send(services, ctx, { what: 'clicks', asked, tenant, now, ...file });
}

function timesOf(ctx: Context): StageTimes {
  const times = new StageTimes();
  ctx.state.times = times;
  return times;
}

async function send(services: Services, ctx: Context, wanted: AskedExport): Promise<void> {
  const times = ctx.state.times ?? timesOf(ctx);
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
    const sendFile = async (): Promise<void> => {
      let queriedFromMs = performance.now();
      const encoding = ctx.acceptsEncodings('gzip', 'identity') === 'gzip' ? 'gzip' : undefined;
      const file = await openExport(
        services,
        { ...wanted, holder, encoding, traceparent, reusesBuffers: true },
        stopped,
        () => (queriedFromMs = performance.now()),
      );
      if (file.isNegotiable) ctx.vary('Accept-Encoding');
      times.add('clickhouse', queriedFromMs);
      times.beginLast('stream');
      try {
        ctx.respond = false;
        ctx.res.writeHead(200, {
          'Content-Type': file.contentType,
          ...(file.contentEncoding === undefined ? {} : { 'Content-Encoding': file.contentEncoding }),
          'Content-Disposition': `attachment; filename="${file.fileName}"`,
          'Cache-Control': 'private, no-store',
          'Server-Timing': times.serverTiming,
        });
        if (ctx.method === 'HEAD') ctx.res.end();
        else {
          const bytes = spooledFor(ctx.res, holder, services, file.bytes);
          await writeBytes(yielding(bytes), ctx.res);
        }
      } finally {
        stopped.abort();
        // Until then ClickHouse's threads and memory are not free, and neither is the slot.
        await file.ended();
      }
    };
    try {
      await whileTransferring(services.shares.exports, transfer, sendFile);
    } catch (error) {
      // Once the response has begun, resetting the connection is the only way to report a failure; `pipeline` has done that.
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
