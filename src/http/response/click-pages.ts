import { z } from 'zod';
import { type ClickColumnName, clickColumnOf } from '../../click-rows/columns.ts';
import { compileClickPage } from '../../click-rows/compile-page.ts';
import { type BoundRow, compileBound } from '../../click-rows/compile-bound.ts';
import {
  type ClickPlace,
  type ClickPosition,
  type OrderedQuery,
  type PageRow,
  endOf,
  placeOf,
  rangeBetween,
} from '../../click-rows/click-position.ts';
import type { Holder } from '../../fair-share/holder.ts';
import type { RowEstimates } from '../../cache/row-estimates.ts';
import type { QueryOptions } from '../../clickhouse/query-options.ts';
import { formatInstant } from '../../lib/time-zone.ts';
import type { StatsQuery } from '../../stats/query.ts';
import type { TimeRange } from '../../stats/time/buckets.ts';
import { admit } from '../request/admit.ts';
import { type QueryClass, classOf } from '../request/query-class.ts';
import { withSameClock } from '../request/same-clock.ts';
import type { Services } from '../request/services.ts';
import { withTaggedUrls } from '../request/with-tagged-urls.ts';
import type { ClickPage, ClickPageRequest } from './click-page.ts';
import { firstWindowOf, isFiltered, pageOf, readLikelyPage, windowsOf } from './likely-page.ts';
import type { Asker } from './stats-response.ts';

/** The position of a listing in its cursor. */
export const positionSchema: z.ZodType<ClickPosition> = z.strictObject({
  time: z.number(),
  owner: z.string().exactOptional(),
  code: z.string().exactOptional(),
  arrival: z.number().exactOptional(),
  hash: z.string(),
  given: z.number().exactOptional(),
  pace: z.number().exactOptional(),
});

/**
 * Reads a page of clicks once its owner has a slot.
 * @throws AppError `unavailable` or `query_timeout`
 */
export async function readClickPage(
  services: Services,
  asker: Asker,
  { query: asked, tenant, after, limit, isCheap = false }: ClickPageRequest,
): Promise<ClickPage> {
  const { database, sharding, cache } = services;
  const tagged = await withTaggedUrls(services, asked, tenant);
  const query = await withSameClock(services, tagged);
  const queryClass = isCheap
    ? CHEAP
    : pageClassOf({ query, after, tenant, limit }, asker.holder, cache.rowEstimates);
  const options: QueryOptions = {
    workload: queryClass.workload,
    signal: asker.signal,
    traceparent: asker.traceparent,
    maxSeconds: database.deadlines.statsMs / 1_000,
  };
  return admit(services, queryClass, asker, async () => {
    const likely = await readLikelyPage(services, { query, tenant, after, limit }, options);
    if (likely !== undefined) return likely;
    const bound = await boundOf(services, { query, tenant, after, limit }, options);
    const statement = compileClickPage(query, tenant, { sharding, after, bound, limit: limit + 1 });
    const rows = await database.rows<PageRow>(statement, options);
    const page = pageOf(rows, { query, after, limit });
    // Where clicks were erased while the page was read, what lies after its bound is still to come.
    return { ...page, next: page.next ?? (bound && endOf(bound)) };
  });
}

const CHEAP: QueryClass = { isExpensive: false, workload: 'links', cost: 1 };

/**
 * The class of a page: by the first clicks that it looks through where these are enough for it, else by all that are left, of
 * which a filter may hold for none.
 */
export function pageClassOf(
  { query, after, tenant, limit }: Omit<ClickPageRequest, 'isCheap'>,
  holder: Holder,
  estimates: Pick<RowEstimates, 'find' | 'refresh'>,
): QueryClass {
  const whole = rangeBetween(query, after);
  const first: StatsQuery = { ...query, range: firstWindowOf(query, whole) };
  const isEnough = !isFiltered(query) && (estimates.find(first, tenant) ?? 0) > limit;
  estimates.refresh(first, tenant);
  if (isEnough) return classOf(first, tenant, holder, estimates);
  const all: StatsQuery = { ...query, range: whole };
  estimates.refresh(all, tenant);
  return classOf(all, tenant, holder, estimates);
}

/**
 * The place by which there are enough clicks for a page, so that it need not be sorted out of all of them; undefined where there are
 * not.
 */
async function boundOf(
  { database, sharding }: Services,
  { query, tenant, after, limit }: ClickPageRequest,
  options: QueryOptions,
): Promise<ClickPlace | undefined> {
  let missing = limit + 1;
  for (const range of windowsOf(query, rangeBehind(query, after))) {
    const statement = compileBound(missing, { ...query, range }, tenant, { sharding, after });
    const [[found, ...place] = [0, 0, '', '', 0]] = await database.rows<BoundRow>(statement, options);
    if (found === missing) return placeOf(place, query.order);
    missing -= found;
  }
  return undefined;
}

/** The range behind a position, without its own time: how many of its clicks are left is not known. */
function rangeBehind(query: OrderedQuery, after: ClickPosition | undefined): TimeRange {
  if (after === undefined) return query.range;
  return rangeBetween(query, { time: query.order === 'oldest' ? after.time + 1 : after.time - 1 });
}

/** The items of a page, made as they are written. */
export function* itemsOf(
  { columns, timezone }: Pick<OrderedQuery, 'columns' | 'timezone'>,
  rows: readonly (readonly unknown[])[],
): Generator<Readonly<Record<string, unknown>>> {
  const shown = columns.map((name, place) => ({
    name,
    place,
    isTime: clickColumnOf(name).type === 'time',
  }));
  for (const row of rows) {
    // `Object.fromEntries` takes twice as long.
    const item: Partial<Record<ClickColumnName, unknown>> = {};
    for (const { name, place, isTime } of shown) {
      const value = row[place];
      item[name] = isTime ? shownTime(String(value), timezone) : value;
    }
    yield item;
  }
}

/** @param text as ClickHouse writes an instant of UTC */
function shownTime(text: string, timezone: string): string {
  return formatInstant(Date.parse(`${text.replace(' ', 'T')}Z`), timezone);
}
