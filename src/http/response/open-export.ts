import {
  clickColumns,
  compileClickCount,
  compileClickExport,
} from '../../click-rows/compile-click-export.ts';
import { type ClickFile, isCompressible } from '../../click-rows/export-request.ts';
import { type ClickRequest, clickExportQuery } from '../../click-rows/click-query.ts';
import type { FileOptions, StreamOptions } from '../../clickhouse/query-options.ts';
import { readProgress } from '../../clickhouse/query-progress.ts';
import { AppError, notOneOf, unavailable } from '../../errors.ts';
import type { OpenedExport, ReadProgress } from '../../export-jobs/export-job.ts';
import { COMPRESSIONS } from '../../export/compressions.ts';
import type { ExportFormat } from '../../export/export-format.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { collectingBuffers } from '../../lib/garbage-collection.ts';
import { formatInstant } from '../../lib/time-zone.ts';
import type { Sql } from '../../sql/sql.ts';
import { planStats } from '../../stats/plan-stats.ts';
import { type RawParameters, valueOf } from '../../stats/parse/raw-parameters.ts';
import { exportQuery } from '../../stats/parse/requested-query.ts';
import type { StatsRequest } from '../../stats/request.ts';
import type { StatsQuery } from '../../stats/query.ts';
import { readExport } from '../../stats/result/export-content.ts';
import { compileExport } from '../../stats/sql/compile-export.ts';
import { compileNativeExport } from '../../stats/sql/compile-native-export.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { exportClassOf } from '../request/query-class.ts';
import { withSameClock } from '../request/same-clock.ts';
import type { Services } from '../request/services.ts';
import { withTaggedUrls } from '../request/with-tagged-urls.ts';

interface WantedFile {
  readonly tenant: Tenant;
  /** Whom it counts against; the caller has a slot of `shares.exports` for it. */
  readonly holder: Holder;
  /** Unix milliseconds, as which the file says it was made. */
  readonly now: number;
  /** The range was resolved earlier: one that ended then does not end now. */
  readonly isOfEarlier?: boolean;
  /** Whether to count its rows, which takes two more queries for clicks. */
  readonly countsRows?: boolean;
  /** How long its first byte may take; as long as the API promises unless given. */
  readonly firstByteMs?: number;
  /** Whether buffers are given back after use, to be read into again (`lib/read-buffers.ts`). */
  readonly reusesBuffers?: boolean;
  /** Compresses the bytes as they are sent, if the format allows it. */
  readonly encoding?: 'gzip' | undefined;
  readonly traceparent?: string | undefined;
}

/** Statistics to be written as a file. */
interface WantedStats extends WantedFile {
  readonly what?: 'stats';
  readonly asked: StatsRequest;
  readonly format: ExportFormat;
}

/** Clicks to be written as a file. */
interface WantedClicks extends WantedFile, ClickFile {
  readonly what: 'clicks';
  readonly asked: ClickRequest;
}

export type WantedExport = WantedStats | WantedClicks;

/** A file whose query is known, but has not been sent. */
interface PlannedFile {
  readonly query: StatsQuery;
  /** What counts its rows; undefined where no query does. */
  readonly count?: Sql;
  /** Its rows, once it is read; undefined where they are not known. */
  readonly rows?: () => number | undefined;
  /** Sends it, and settles when there are bytes. */
  readonly begin: (
    options: StreamOptions & Pick<FileOptions, 'compression'>,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<Buffer | string>>;
}

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
  const { query, begin, count, rows } =
    wanted.what === 'clicks'
      ? await planClicks(services, wanted, oldest)
      : await planStatistics(services, wanted, oldest);
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

async function planStatistics(
  services: Services,
  wanted: WantedStats,
  oldest: number | undefined,
): Promise<PlannedFile> {
  const { database, sharding } = services;
  const { tenant, format, now, reusesBuffers } = wanted;
  const plan = planStats(await resolved(services, exportQuery(wanted.asked, oldest), wanted), tenant, {
    sharding,
  });
  let rowCount = (): number | undefined => undefined;
  return {
    query: plan.query,
    rows: () => rowCount(),
    begin: async (options, signal) => {
      if (format.kind === 'native') {
        const { clickHouseFormat, instants, settings, rowCounter } = format;
        const table = compileNativeExport(plan, instants);
        const bytes = await database.file(table, clickHouseFormat, signal, { ...options, settings });
        const file = collectingBuffers(bytes, reusesBuffers);
        // Compressed bytes tell nothing.
        const isCounted = wanted.countsRows === true && options.compression === undefined;
        const counter = isCounted ? rowCounter?.() : undefined;
        if (counter === undefined) return file;
        rowCount = () => counter.count;
        return counter.of(file);
      }
      const text = compileExport(plan, format.row);
      const rows = await database.text(text, signal, options);
      const content = await readExport(plan, collectingBuffers(rows), format.row, now);
      ({ rowCount } = content);
      return format.write(content);
    },
  };
}

async function planClicks(
  services: Services,
  wanted: WantedClicks,
  oldest: number | undefined,
): Promise<PlannedFile> {
  const { database, sharding } = services;
  const { tenant, format, isExact, reusesBuffers } = wanted;
  const query = await resolved(services, clickExportQuery(wanted.asked, oldest), wanted);
  const statement = compileClickExport(query, tenant, format, { sharding, isExact });
  return {
    query,
    count: compileClickCount(query, tenant, { sharding }),
    begin: async (options, signal) => {
      if (format.kind === 'native') {
        const { clickHouseFormat, settings } = format;
        const bytes = await database.file(statement, clickHouseFormat, signal, { ...options, settings });
        return collectingBuffers(bytes, reusesBuffers);
      }
      const rows = collectingBuffers(await database.file(statement, 'RawBLOB', signal, options));
      return format.writeTable({ name: 'Clicks', columns: clickColumns(query.columns), rows });
    },
  };
}

/** A query with all that it depends on. */
async function resolved<Query extends StatsQuery>(
  services: Services,
  query: Query,
  { isOfEarlier = false, tenant }: WantedFile,
): Promise<Query> {
  const clocked = await withSameClock(services, isOfEarlier ? { ...query, endsNow: false } : query);
  return withTaggedUrls(services, clocked, tenant);
}

/** @throws AppError 422 for a format that there is not */
export function parseFormat(raw: RawParameters): ExportFormat {
  const wanted = valueOf(raw, 'format');
  const name = EXPORT_FORMAT_NAMES.find((known) => known === wanted);
  if (name === undefined) throw notOneOf('format', EXPORT_FORMAT_NAMES);
  return EXPORT_FORMATS[name];
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
