import { AppError, notOneOf, unavailable } from '../../errors.ts';
import type { OpenedExport } from '../../export-jobs/export-job.ts';
import type { ExportFormat } from '../../export/export-format.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { formatInstant } from '../../lib/time-zone.ts';
import { planStats } from '../../stats/plan.ts';
import { type RawParameters, valueOf } from '../../stats/parse/parameters.ts';
import { type StatsQuery, type StatsRequest, exportQuery } from '../../stats/parse/query.ts';
import { readExport } from '../../stats/result/export-content.ts';
import { compileExport } from '../../stats/sql/compile-export.ts';
import { compileNativeExport } from '../../stats/sql/compile-native-export.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { exportClassOf } from '../request/query-class.ts';
import { withSameClock } from '../request/same-clock.ts';
import type { Services } from '../request/services.ts';
import { withTaggedUrls } from '../request/tagged-urls.ts';
import { swept } from './garbage-collection.ts';

/** Statistics to be written as a file. */
export interface WantedExport {
  readonly asked: StatsRequest;
  readonly tenant: Tenant;
  readonly format: ExportFormat;
  /** Whom it counts against; the caller has a slot of `shares.exports` for it. */
  readonly holder: Holder;
  /** Unix milliseconds, as which the file says it was made. */
  readonly now: number;
  /** The range was resolved earlier: one that ended then does not end now. */
  readonly isOfEarlier?: boolean;
  /** How long its first byte may take; as long as the API promises unless given. */
  readonly firstByteMs?: number;
  readonly traceparent?: string | undefined;
}

/**
 * Begins an export: when it settles, its first bytes are there, and `onQuery` has been called when the query was sent.
 * @param stopped ends the query; the caller aborts it in any case when it has done with the bytes
 * @throws AppError `unavailable` or `query_timeout`, what planning the query throws
 */
export async function openExport(
  services: Services,
  { asked, tenant, format, holder, now, isOfEarlier = false, firstByteMs, traceparent }: WantedExport,
  stopped: AbortController,
  onQuery: () => void = () => {},
): Promise<OpenedExport> {
  const { database, sharding } = services;
  const oldest =
    asked.start ??
    (await findOldestClick(services, tenant, holder.kind === 'owner' ? 'exports' : 'strangers', asked));
  const resolved = exportQuery(asked, oldest);
  const clocked = await withSameClock(services, isOfEarlier ? { ...resolved, endsNow: false } : resolved);
  const plan = planStats(await withTaggedUrls(services, clocked, tenant), tenant, { sharding });
  const { query } = plan;
  // On shards a query waits for parts of itself, which could wait for the few threads of further exports.
  const running = sharding === undefined ? services.shares.exports.heldBy(holder) : 1;
  let ended: Promise<void> | undefined;
  const options = {
    workload: exportClassOf(query, tenant, { holder, running }, services.cache.rowEstimates),
    ended: (end: Promise<void>): void => {
      ended = end;
    },
    traceparent,
  };
  onQuery();
  const bytes = await firstByte(stopped, services, firstByteMs, async () => {
    if (format.kind === 'native') {
      const { clickHouseFormat, instants, settings } = format;
      const table = compileNativeExport(plan, instants);
      return swept(await database.file(table, clickHouseFormat, stopped.signal, { ...options, settings }));
    }
    const text = compileExport(plan, format.row);
    const rows = await database.text(text, stopped.signal, options);
    return format.write(await readExport(plan, swept(rows), format.row, now));
  }).catch(async (error: unknown) => {
    stopped.abort();
    await ended;
    throw error;
  });
  return {
    fileName: fileName(query, format),
    contentType: format.contentType,
    bytes,
    rows: () => undefined,
    ended: async () => ended,
  };
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

function fileName({ subject, range, timezone }: StatsQuery, format: ExportFormat): string {
  const subjectName = subject.scope === 'anon' ? subject.shortCode : 'all';
  const safe = subjectName.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
  const [start, end] = [range.start, range.end].map((instant) =>
    formatInstant(instant, timezone).slice(0, 10),
  );
  return `spoor_${safe}_${start}_${end}.${format.extension}`;
}
