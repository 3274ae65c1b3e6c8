import { isCompressible } from '../../click-rows/export-request.ts';
import { readProgress } from '../../clickhouse/query-progress.ts';
import { AppError, unavailable } from '../../errors.ts';
import type { OpenedExport, ReadProgress } from '../../export-jobs/export-job.ts';
import { COMPRESSIONS } from '../../export/compressions.ts';
import { formatInstant } from '../../lib/time-zone.ts';
import type { StatsQuery } from '../../stats/query.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { exportClassOf } from '../request/query-class.ts';
import type { Services } from '../request/services.ts';
import { type WantedExport, planFile } from './planned-file.ts';

/**
 * Begins an export: when it settles, its first bytes are there, and `onQuery` has been called when the query was sent.
 * @param stopped ends the query; the caller aborts it in any case when it has done with the bytes
 * @throws AppError `unavailable` or `query_timeout`, what planning the query throws
 */
export async function openExport(
  services: Services,
  wanted: WantedExport,
  stopped: AbortController,
  onQuery: (progress: ReadProgress) => void = () => {},
): Promise<OpenedExport> {
  const { tenant, holder, format, encoding, firstByteMs, traceparent } = wanted;
  const oldest =
    wanted.asked.start ??
    (await findOldestClick(
      services,
      tenant,
      holder.kind === 'owner' ? 'exports' : 'strangers',
      wanted.asked,
    ));
  const { query, begin, count, rows } = await planFile(services, wanted, oldest);
  // On shards a query waits for parts of itself, which could wait for the few threads of further exports.
  const running = services.sharding === undefined ? services.shares.exports.heldBy(holder) : 1;
  let ended: Promise<void> | undefined;
  const compression = wanted.what === 'clicks' ? wanted.compression : undefined;
  const isNegotiable = compression === undefined && isCompressible(format);
  const contentEncoding = isNegotiable ? encoding : undefined;
  let queryId: string | undefined;
  const options = {
    onQueryId: (id: string): void => {
      queryId = id;
    },
    workload: exportClassOf(query, tenant, { holder, running }, services.cache.rowEstimates),
    ended: (end: Promise<void>): void => {
      ended = end;
    },
    traceparent,
    compression: compression ?? contentEncoding,
  };
  const counted = async (): Promise<number | undefined> => {
    if (count === undefined || wanted.countsRows !== true) return undefined;
    const seconds = (firstByteMs ?? services.database.deadlines.firstByteMs) / 1_000;
    const { workload } = options;
    const { signal } = stopped;
    const [row] = await services.database.rows<[number]>(count, { workload, signal, maxSeconds: seconds });
    return row?.[0];
  };
  const before = await counted();
  onQuery(async () => (queryId === undefined ? undefined : readProgress(services.database, queryId)));
  const bytes = await firstByte(stopped, services, firstByteMs, () => begin(options, stopped.signal)).catch(
    async (error: unknown) => {
      stopped.abort();
      await ended;
      throw error;
    },
  );
  const name = fileName(wanted, query);
  const packed = compression && COMPRESSIONS[compression];
  return {
    fileName: packed === undefined ? name : `${name}.${packed.extension}`,
    contentType: packed?.contentType ?? format.contentType,
    contentEncoding,
    isNegotiable,
    bytes,
    // Clicks that came or went meanwhile are in the file or not.
    rows: async () => (rows === undefined ? ((await counted()) === before ? before : undefined) : rows()),
    ended: async () => ended,
  };
}

async function firstByte<T>(
  stopped: AbortController,
  { database }: Pick<Services, 'database'>,
  firstByteMs = database.deadlines.firstByteMs,
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stopped.abort();
  }, firstByteMs);
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

function fileName({ what, format }: WantedExport, { subject, range, timezone }: StatsQuery): string {
  const subjectName = subject.scope === 'anon' ? subject.shortCode : 'all';
  const safe = subjectName.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
  const [start, end] = [range.start, range.end].map((instant) =>
    formatInstant(instant, timezone).slice(0, 10),
  );
  return `spoor_${what === 'clicks' ? 'clicks_' : ''}${safe}_${start}_${end}.${format.extension}`;
}
