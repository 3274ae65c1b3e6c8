import { monthWindows } from '../../click-rows/month-windows.ts';
import { compileClickPage } from '../../click-rows/compile-page.ts';
import {
  type OrderedQuery,
  type PageRow,
  areOfOnePlace,
  positionAfter,
  rangeBetween,
} from '../../click-rows/click-position.ts';
import type { RowEstimates } from '../../cache/row-estimates.ts';
import type { QueryOptions } from '../../clickhouse/query-options.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import type { TimeRange } from '../../stats/time/buckets.ts';
import type { Services } from '../request/services.ts';
import type { ClickPage, ClickPageRequest } from './click-page.ts';

/** Clicks read beyond the page, since some may have the same time as its last one, or have been on the page before. */
const MORE_CANDIDATES = 100;
/** The range that is read is this many times as long as a page is likely to span, because clicks come unevenly. */
const TIMES_LONGER = 16;
/** The shortest such range: many clicks may have the same time, and a range that ends now ends with the few clicks whose clocks are ahead. */
const LEAST_MS = 1_000;

/**
 * Reads a page by one query, from a guessed range: how far apart the clicks of the page before were, or those of the month are on
 * average, says how long a time a page is likely to span.
 * @returns undefined if the page is not certain to be complete, or a guess is not worth it
 */
export async function readLikelyPage(
  services: Services,
  request: ClickPageRequest,
  options: QueryOptions,
): Promise<ClickPage | undefined> {
  const { database, sharding, cache } = services;
  const { query, tenant, after, limit } = request;
  const candidates = limit + 1 + MORE_CANDIDATES;
  const range = likelyRangeOf(request, candidates, cache.rowEstimates);
  if (range === undefined) return undefined;
  const { start, end } = range;
  const bound = isByTime(query) ? { time: query.order === 'oldest' ? end : start } : undefined;
  const page = { sharding, after, bound, limit: candidates, candidates };
  const rows = await database.rows<PageRow>(compileClickPage(query, tenant, page), options);
  const whole = rangeBetween(query, after);
  const areAll = after === undefined && rows.length < candidates;
  if (areAll && start <= whole.start && end >= whole.end) return pageOf(rows, request);
  const [following, last] = [rows[limit], rows.at(-1)];
  if (following === undefined || last === undefined) return undefined;
  // Other clicks with the position of the last one may be missing among the candidates.
  return areOfOnePlace(following, last, query.order) ? undefined : pageOf(rows, request);
}

/** The page that the rows begin with. If another page follows, there is at least one row more. */
export function pageOf(
  rows: readonly PageRow[],
  { query, after, limit }: Pick<ClickPageRequest, 'query' | 'after' | 'limit'>,
): ClickPage {
  const given = rows.slice(0, limit);
  const following = rows[limit];
  const next = following && positionAfter(given, following, query.order, after);
  return { rows: given, next };
}

/** The ranges in which a page is looked for, in order: months; by link the whole range, since clicks are stored in that order. */
export function windowsOf(query: OrderedQuery, range: TimeRange): Iterable<TimeRange> {
  return isByTime(query) ? monthWindows(range, query.order === 'oldest' ? 'start' : 'end') : [range];
}

export function firstWindowOf(query: OrderedQuery, range: TimeRange): TimeRange {
  const [first = range] = windowsOf(query, range);
  return first;
}

/** Whether a query excludes some of the clicks in its range. */
export function isFiltered({ filters, bots }: OrderedQuery): boolean {
  return filters.length > 0 || bots !== 'include';
}

function isByTime({ order }: OrderedQuery): boolean {
  return order === 'newest' || order === 'oldest';
}

function likelyRangeOf(
  { query, tenant, after, limit }: ClickPageRequest,
  candidates: number,
  estimates: Pick<RowEstimates, 'find'>,
): TimeRange | undefined {
  const whole = rangeBetween(query, after);
  if (query.order === 'arrival') return undefined;
  if (!isByTime(query)) return whole;
  const first = firstWindowOf(query, whole);
  const known = isFiltered(query) ? 0 : (estimates.find({ ...query, range: first }, tenant) ?? 0);
  const pace = after?.pace ?? (known > limit ? (first.end - first.start) / known : undefined);
  if (pace === undefined) return first.start === whole.start && first.end === whole.end ? whole : undefined;
  const length = TIMES_LONGER * pace * candidates + (after === undefined ? MAX_CLOCK_AHEAD_MS : LEAST_MS);
  return query.order === 'oldest'
    ? { start: whole.start, end: Math.min(whole.end, Math.ceil(whole.start + length)) }
    : { start: Math.max(whole.start, Math.floor(whole.end - length)), end: whole.end };
}
