import { monthWindows } from '../../click-rows/month-windows.ts';
import {
  type OrderedQuery,
  type PageRow,
  areOfOnePlace,
  compileClickPage,
  positionAfter,
  rangeBetween,
} from '../../click-rows/page.ts';
import type { RowEstimates } from '../../cache/row-estimates.ts';
import type { QueryOptions } from '../../clickhouse/query-options.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import type { TimeRange } from '../../stats/time/buckets.ts';
import type { Services } from '../request/services.ts';
import type { ClickPage, ClickPageRequest } from './click-pages.ts';

/** So many clicks more than a page has are looked at, since some may be of one moment with its last one, or have been given. */
const MORE_CANDIDATES = 100;
/** The time in which a page is looked for is so many times as long as it is likely to take: clicks come unevenly. */
const TIMES_LONGER = 16;
/** Longer at least: clicks may be of one moment. At the end of a range that ends now there are only clicks from clocks that are ahead. */
const LEAST_MS = 1_000;

/**
 * Reads a page by one query, from where it is likely to lie. That is a guess: a time as dense as the clicks before it were, or as
 * those of the month are.
 * @returns undefined where the page is not certain to be right, or is not worth a guess
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
  // Of the last one's place, some may not be among the candidates.
  return areOfOnePlace(following, last, query.order) ? undefined : pageOf(rows, request);
}

/** The page that rows begin with, of which there is at least one more where another page follows. */
export function pageOf(
  rows: readonly PageRow[],
  { query, after, limit }: Pick<ClickPageRequest, 'query' | 'after' | 'limit'>,
): ClickPage {
  const given = rows.slice(0, limit);
  const following = rows[limit];
  const next = following && positionAfter(given, following, query.order, after);
  return { rows: given, next };
}

/** What a page is looked for in, one after the other; clicks of links are read in order, wherever they are. */
export function windowsOf(query: OrderedQuery, range: TimeRange): Iterable<TimeRange> {
  return isByTime(query) ? monthWindows(range, query.order === 'oldest' ? 'start' : 'end') : [range];
}

export function firstWindowOf(query: OrderedQuery, range: TimeRange): TimeRange {
  const [first = range] = windowsOf(query, range);
  return first;
}

/** Whether a query is for some of the clicks of its time alone. */
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
