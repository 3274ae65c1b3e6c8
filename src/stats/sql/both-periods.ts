import {
  type Select,
  type Statement,
  as,
  named,
  selectFrom,
  selectOf,
  subquery,
  unionOf,
} from '../../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { type MetricName, metricOf, previousOf } from '../registry/metrics.ts';
import type { StatsQuery } from '../query.ts';
import { type MatchedBuckets, matchBuckets } from '../time/matched-buckets.ts';
import { countGroups } from './count.ts';
import { isTimeList } from '../metric-lists.ts';
import { countedMetrics, listMetrics } from './numbers.ts';
import { mergeShards } from './sharding.ts';
import { addSummary } from './summary-row.ts';

/** What is added to the places of the lists of the period that is compared with. */
export const PREVIOUS = 100;

/** Which period a row is of, and its list's place in it. */
export function periodOf(place: number): { readonly isPrevious: boolean; readonly list: number } {
  return { isPrevious: place >= PREVIOUS, list: place % PREVIOUS };
}

/** Whether a row is of a list of the period compared with, which can only be time's. */
export const IS_PREVIOUS: Sql = sql`list > ${param('UInt8', PREVIOUS)}`;

/** Puts the rows of the period compared with beside, in the same columns: two periods of one query are of one view. */
export function addPreviousPeriod(rows: Statement, { previous }: Plan): Statement {
  if (previous === undefined) return rows;
  return besidePrevious(rows, addSummary(countGroups(previous.counted), previous.counted));
}

/** The groups of all lists of one server, without a summary; those of the period compared with in them and beside them. */
export function groupsOfBoth(plan: Plan): Statement {
  const { previous } = plan;
  const groups = countGroups({ ...plan, isOnePass: false });
  if (previous === undefined) return groups;
  return matched(
    besidePrevious(groups, countGroups({ ...previous.counted, isOnePass: false })),
    plan,
    listMetrics(plan.query),
  );
}

/** The groups and summaries of both periods, of all shards. */
export function mergedOfBoth(plan: Plan): Statement {
  return matchPeriods(mergeShards(addPreviousPeriod(addSummary(countGroups(plan), plan), plan), plan), plan);
}

/**
 * Gives each row the numbers that its group had in the period compared with, a bucket those of the bucket in its place.
 * Of that period's own rows, the totals and time's list stay.
 */
export function matchPeriods(rows: Statement, plan: Plan): Statement {
  return plan.previous === undefined ? rows : matched(rows, plan, countedMetrics(plan.query));
}

/** The columns in which rows have what their metrics were in the period compared with. */
export function previousColumns({ query, previous }: Plan): readonly string[] {
  return previous === undefined ? [] : query.metrics.map(previousOf);
}

function besidePrevious(rows: Statement, before: Statement): Statement {
  return unionOf(
    rows,
    ...unionOf(before).branches.map((branch): Select => {
      const [list, ...others] = branch.columns;
      if (list === undefined) return branch;
      const place = as('list', sql`toUInt8((${list.expression}) + ${param('UInt8', PREVIOUS)})`);
      return { ...branch, columns: [place, ...others] };
    }),
  );
}

/**
 * Rows of both periods at the places of the lists that they belong to: `place`, `is_match` for what is of the period
 * compared with, `at` in place of `time`, which is that of the other period's bucket, and negative where it has none.
 * @param numbers the columns of numbers
 */
export function placeRows(rows: Statement, { query, lists }: Plan, numbers: readonly string[]): Select {
  const timeList = param('UInt8', lists.findIndex(isTimeList) + 1);
  return {
    ...selectFrom(sql`${subquery(rows)} AS counted`),
    columns: [
      as('place', placesOf(timeList)),
      as('is_match', sql`list >= ${param('UInt8', PREVIOUS)} AND place < ${param('UInt8', PREVIOUS)}`),
      ...(query.groupBy.includes('time') ? [as('at', bucketOf(bucketsOf(query)))] : []),
      ...query.groupBy.filter((name) => name !== 'time').map(named),
      ...numbers.map(named),
    ],
  };
}

/**
 * Of a group of rows that `placeRows` has placed by time: whether it has a bucket. As an aggregate, since `at >= 0` is pushed down
 * below the `arrayJoin` of the places where the rows are those of shards, and there it drops rows that have one.
 */
export const HAS_BUCKET: Sql = sql`countIf(at >= 0) > 0`;

/** The columns by which rows that `placeRows` has placed are of one group. */
export function placedKeys({ groupBy }: StatsQuery): readonly string[] {
  const dimensions = groupBy.filter((name) => name !== 'time');
  return ['place', ...(dimensions.length === groupBy.length ? [] : ['at']), ...dimensions];
}

/** Each group once: its row, and the one that the period compared with has for it. */
function matched(rows: Statement, plan: Plan, numbers: readonly MetricName[]): Statement {
  const { query, lists } = plan;
  const timeList = param('UInt8', lists.findIndex(isTimeList) + 1);
  const isShown = sql`place >= ${param('UInt8', PREVIOUS)} OR place = ${timeList} OR countIf(NOT is_match) > 0`;
  // The table's name stands before: without it an alias would be taken for the column.
  const number = (name: MetricName): Sql => sql`placed.${identifier(name)}`;
  const grouped: Select = {
    ...selectFrom(sql`${subquery(placeRows(rows, plan, numbers))} AS placed`),
    columns: [
      as('list', sql`place`),
      ...query.groupBy.map((name) => (name === 'time' ? as(name, sql`at`) : named(name))),
      ...numbers.map((name) => as(name, sql`anyIf(${number(name)}, NOT is_match)`)),
      ...query.metrics.map((name) =>
        as(previousOf(name), previousNumber(name, sql`anyIf(${number(name)}, is_match)`, query, sql`at`)),
      ),
    ],
    groupBy: join(placedKeys(query).map(identifier), ', '),
    having: query.groupBy.includes('time') ? sql`(${isShown}) AND ${HAS_BUCKET}` : isShown,
  };
  return selectOf(
    grouped,
    grouped.columns.map(({ name }) => name),
  );
}

function bucketsOf({ interval, range, previous, timezone }: StatsQuery): MatchedBuckets {
  return matchBuckets(interval, range, previous ?? range, timezone);
}

/** The lists that a row belongs to: time's of the period compared with is shown by itself, too. */
function placesOf(timeList: Sql | ReturnType<typeof param>): Sql {
  const own = param('UInt8', PREVIOUS);
  const before = sql`toUInt8(list - ${own})`;
  return sql`arrayJoin(multiIf(list <= ${own}, [list], ${before} = ${timeList}, [toUInt8(${own} + 1), ${before}], [${before}]))`;
}

/** The bucket of a row, in the other period that of the same place; 0 where its list is not by time. */
function bucketOf({ starts, shifts }: MatchedBuckets): Sql {
  const from = param('Array(Int64)', starts);
  const shift = sql`transform(roundDown(time, ${from}), ${from}, ${param('Array(Int64)', shifts)}, toInt64(0))`;
  return sql`if(is_match AND time != 0, time + ${shift}, time)`;
}

/**
 * What a metric was; NULL in a bucket that the period compared with has none for.
 * @param found what was found of that period
 * @param at the bucket
 */
export function previousNumber(name: MetricName, found: Sql, query: StatsQuery, at: Sql): Sql {
  const value = metricOf(name).empty === 0 ? sql`ifNull(${found}, 0)` : found;
  const surplusFrom = query.groupBy.includes('time') ? bucketsOf(query).surplusFrom : undefined;
  if (surplusFrom === undefined) return value;
  return sql`if(${at} >= ${param('Int64', surplusFrom)}, NULL, ${value})`;
}
