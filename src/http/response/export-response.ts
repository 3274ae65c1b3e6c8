import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError, notOneOf, unavailable } from '../../errors.ts';
import type { ExportFormat } from '../../export/export-format.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import { spooled } from '../../export-spool/spooled.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { whileTransferring } from '../../fair-share/transfers.ts';
import { planStats } from '../../stats/plan.ts';
import { compileExport } from '../../stats/sql/compile-export.ts';
import { compileNativeExport } from '../../stats/sql/compile-native-export.ts';
import { readExport } from '../../stats/result/export-content.ts';
import { type RawParameters, valueOf } from '../../stats/parse/parameters.ts';
import { type StatsQuery, exportQuery, parseStatsRequest } from '../../stats/parse/query.ts';
import { yielding } from '../../lib/event-loop.ts';
import { formatInstant } from '../../lib/time-zone.ts';
import { type Context, signalOf } from '../request/context.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { holderOf } from '../request/share-holder.ts';
import { exportClassOf } from '../request/query-class.ts';
import { withStoredFilters } from '../request/segments.ts';
import { bytesTaken } from './bytes-taken.ts';
import type { Services } from '../request/services.ts';
import { StageTimes } from '../request/stage-times.ts';
import { ownTraceOf, traceparentOf } from '../request/trace-context.ts';
import { withSameClock } from '../request/same-clock.ts';
import { withTaggedUrls } from '../request/tagged-urls.ts';
import { findTenant } from '../request/tenant.ts';
import { type PathSubject, parsedFrom } from './stats-response.ts';
import { swept } from './garbage-collection.ts';

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
  const queuedFromMs = performance.now();
  const run = async (): Promise<void> => {
    times.add('queue', queuedFromMs);
    const workload = holder.kind === 'owner' ? 'exports' : 'strangers';
    const oldest = asked.start ?? (await findOldestClick(services, tenant, workload, asked));
    const { database, sharding } = services;
    const clocked = await withSameClock(services, exportQuery(asked, oldest));
    const plan = planStats(await withTaggedUrls(services, clocked, tenant), tenant, { sharding });
    const { query } = plan;
    const name = fileName(query, format);
    let wasInTheWay = false;
    const cut = (): void => {
      wasInTheWay = true;
      ctx.res.destroy();
    };
    const transfer = { holder, bytes: () => bytesAwaited(ctx.res), cut };
    let ended: Promise<void> | undefined;
    const send = async (): Promise<void> => {
      // On shards a query waits for parts of itself, which could wait for the few threads of further exports.
      const running = sharding === undefined ? services.shares.exports.heldBy(holder) : 1;
      const queryClass = exportClassOf(query, tenant, { holder, running }, services.cache.rowEstimates);
      const options = {
        workload: queryClass,
        ended: (end: Promise<void>): void => {
          ended = end;
        },
        traceparent: trace && traceparentOf(trace),
      };
      const queriedFromMs = performance.now();
      const file = await firstByte(stopped, services, async () => {
        if (format.kind === 'native') {
          const table = compileNativeExport(plan);
          return database.file(table, format.clickHouseFormat, stopped.signal, options);
        }
        const text = compileExport(plan, format.row);
        const bytes = await database.text(text, stopped.signal, options);
        return format.write(await readExport(plan, swept(bytes), format.row, now));
      });
      times.add('clickhouse', queriedFromMs);
      times.beginLast('stream');
      ctx.respond = false;
      ctx.res.writeHead(200, {
        'Content-Type': format.contentType,
        'Content-Disposition': `attachment; filename="${name}"`,
        'Cache-Control': 'private, no-store',
        'Server-Timing': times.serverTiming,
      });
      if (ctx.method === 'HEAD') ctx.res.end();
      else {
        const bytes = spooledFor(ctx.res, holder, services, file);
        await pipeline(Readable.from(yielding(bytes), { objectMode: false }), ctx.res);
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
    } finally {
      stopped.abort();
      // Until then ClickHouse's threads and memory are not free, and neither is the slot.
      await ended;
    }
  };
  await services.shares.exports.within(holder, run, stopped);
}

/** What a client has taken while it has more waiting; undefined while it has not. */
function bytesAwaited({ socket }: ServerResponse): number | undefined {
  return socket === null || socket.writableLength === 0 ? undefined : bytesTaken(socket);
}

function parseFormat(raw: RawParameters): ExportFormat {
  const wanted = valueOf(raw, 'format');
  const name = EXPORT_FORMAT_NAMES.find((known) => known === wanted);
  if (name === undefined) throw notOneOf('format', EXPORT_FORMAT_NAMES);
  return EXPORT_FORMATS[name];
}

async function firstByte<T>(
  stopped: AbortController,
  { database }: Pick<Services, 'database'>,
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stopped.abort();
  }, database.deadlines.firstByteMs);
  try {
    return await work();
  } catch (cause) {
    if (!isLate) throw cause;
    if (!(await database.ping())) throw unavailable('ClickHouse does not respond.', cause);
    throw new AppError(
      'query_timeout',
      'The export took too long to begin: narrow the range or ask for less.',
      {
        cause,
      },
    );
  } finally {
    clearTimeout(timer);
  }
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

function fileName({ subject, range, timezone }: StatsQuery, format: ExportFormat): string {
  const subjectName = subject.scope === 'anon' ? subject.shortCode : 'all';
  const safe = subjectName.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
  const [start, end] = [range.start, range.end].map((instant) =>
    formatInstant(instant, timezone).slice(0, 10),
  );
  return `spoor_${safe}_${start}_${end}.${format.extension}`;
}
