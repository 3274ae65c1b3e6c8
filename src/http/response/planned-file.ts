import {
  clickColumns,
  compileClickCount,
  compileClickExport,
} from '../../click-rows/compile-click-export.ts';
import type { ClickFile } from '../../click-rows/export-request.ts';
import { type ClickRequest, clickExportQuery } from '../../click-rows/click-query.ts';
import type { FileOptions, StreamOptions } from '../../clickhouse/query-options.ts';
import type { ExportFormat } from '../../export/export-format.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { collectingBuffers } from '../../lib/garbage-collection.ts';
import type { Sql } from '../../sql/sql.ts';
import { planStats } from '../../stats/plan-stats.ts';
import { exportQuery } from '../../stats/parse/requested-query.ts';
import type { StatsRequest } from '../../stats/request.ts';
import type { StatsQuery } from '../../stats/query.ts';
import { readExport } from '../../stats/result/export-content.ts';
import { compileExport } from '../../stats/sql/compile-export.ts';
import { compileNativeExport } from '../../stats/sql/compile-native-export.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
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
export interface PlannedFile {
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
 * The query of a file, with all that it depends on.
 * @param oldest when the first click was, where the range begins with it
 */
export async function planFile(
  services: Services,
  wanted: WantedExport,
  oldest: number | undefined,
): Promise<PlannedFile> {
  return wanted.what === 'clicks'
    ? planClicks(services, wanted, oldest)
    : planStatistics(services, wanted, oldest);
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
