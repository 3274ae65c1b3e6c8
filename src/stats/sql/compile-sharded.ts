import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import { namesOf } from '../../lib/names.ts';
import {
  SUMMARY_NUMBERS,
  TWO_BRANCHES,
  columnsOf,
  groupedRows,
  listAndSummary,
  orderOf,
  rankOf,
} from './compile.ts';
import { type Tenant, clicksOf } from './conditions.ts';
import { listsOf } from './lists.ts';
import type { StatsQuery } from '../parse/query.ts';
import { type Spread, onEachShard } from './sharding.ts';
import type { VisitorPlan } from './visitor-plan.ts';

/** What is asked of clicks that are spread. */
export interface SpreadQuestion {
  readonly query: StatsQuery;
  /** What else is asked of the period before; of no dimension but time. */
  readonly before?: StatsQuery | undefined;
  readonly tenant: Tenant;
  readonly plan?: VisitorPlan | undefined;
}

/**
 * The same as `compile` does on one server, and `compileCompared` where there is a period before: each shard counts what
 * is its own, in one query and so of one view, and sends its groups, which are added up.
 */
export function compileSpread(question: SpreadQuestion, spread: Spread): Sql {
  const { query, before } = question;
  const names = join(query.groupBy.map(identifier), ', ');
  const columns = columnsOf(query).map((name) =>
    name === 'list' ? sql`toUInt8(place % ${BEFORE}) AS list` : identifier(name),
  );
  const period = before === undefined ? EMPTY : sql`intDiv(place, ${BEFORE}) AS period, `;
  return sql`SELECT ${period}${join(columns, ', ')}
FROM
(
SELECT list AS place, ${names}, clicks, unique_clicks, count() OVER (PARTITION BY list) AS groups,
  ${join(namesOf(SUMMARY_NUMBERS).map(identifier), ', ')}
FROM
(
${addedUpRows(question, spread)}
)${
    query.limit === undefined
      ? EMPTY
      : sql`
ORDER BY list, ${rankOf(query)} DESC, ${names}
LIMIT ${param('UInt32', query.limit)} BY list${uncutTime(query)}`
  }
)
ORDER BY ${before === undefined ? EMPTY : sql`period, `}${orderOf(query)}
${TWO_BRANCHES}`;
}

/** What is added to the places of lists that are of the period before. */
const BEFORE = param('UInt8', 100);

/** Time's own lists are never cut; of the period before there is no other. */
function uncutTime(query: StatsQuery): Sql {
  if (!query.groupBy.includes('time')) return EMPTY;
  const timeList = listsOf(query).findIndex(({ dimensions }) => dimensions.join() === 'time') + 1;
  return sql`, if(list = ${param('UInt8', timeList)} OR list > ${BEFORE}, time, 0)`;
}

/**
 * One row a group of each list, that of the summary first among them, from what each shard has counted of its own clicks.
 * A visitor's clicks are all on one shard, so visitors add up as clicks do.
 */
export function addedUpRows({ query, before, tenant, plan }: SpreadQuestion, spread: Spread): Sql {
  const names = join(['list', ...query.groupBy].map(identifier), ', ');
  const own = shardRows(query, clicksOf(query, tenant, spread), plan);
  const counted =
    before === undefined
      ? own
      : sql`${own}
UNION ALL
SELECT toUInt8(list + ${BEFORE}), ${join(placesOf(query, before), '')}clicks, unique_clicks, ${SHARD_COLUMNS}
FROM
(
${shardRows(before, clicksOf(before, tenant, spread))}
)`;
  return sql`SELECT ${names}, sum(shards.clicks) AS clicks, sum(shards.unique_clicks) AS unique_clicks,
  sum(shards.bot_clicks) AS bot_clicks, min(shards.first_click) AS first_click, max(shards.last_click) AS last_click,
  sum(shards.redirect_sum) / sum(shards.redirect_count) AS avg_redirection_time
FROM ${onEachShard(spread, counted)} AS shards
GROUP BY ${names}`;
}

/** The dimensions of the period before in the places of the other's. */
function placesOf(query: StatsQuery, before: StatsQuery): readonly Sql[] {
  return query.groupBy.map((name) =>
    before.groupBy.includes(name)
      ? sql`${identifier(name)}, `
      : name === 'time'
        ? sql`toInt64(0), `
        : sql`'', `,
  );
}

/** The groups of all lists on one shard, and its summary. A summary of a single list comes of the same pass. */
function shardRows(query: StatsQuery, from: Sql, plan?: VisitorPlan): Sql {
  const lists = listsOf(query);
  const [first, ...others] = lists;
  if (first !== undefined && others.length === 0 && query.metrics.includes('unique_clicks')) {
    return listAndSummary(query, first, from, NUMBERS);
  }
  const blanks = query.groupBy.map((name) => (name === 'time' ? sql`toInt64(0), ` : sql`'', `));
  const summary = sql`SELECT toUInt8(0) AS list, ${join(blanks, '')}count() AS clicks, uniqExact(visitor) AS unique_clicks, ${NUMBERS}
${from}`;
  if (lists.length === 0) return summary;
  const more = sql`, ${NO_NUMBERS}`;
  return sql`${groupedRows(query, lists, from, plan === undefined ? { more } : { more, plan })}
UNION ALL
${summary}`;
}

/** A summary's numbers of one shard; an average cannot be added up, but what it is made of can. */
const SHARD_NUMBERS = {
  bot_clicks: SUMMARY_NUMBERS.bot_clicks,
  first_click: SUMMARY_NUMBERS.first_click,
  last_click: SUMMARY_NUMBERS.last_click,
  redirect_sum: sql`sumOrNull(redirect_ms)`,
  redirect_count: sql`toNullable(count(redirect_ms))`,
} as const;

const SHARD_NAMES = namesOf(SHARD_NUMBERS);
const SHARD_COLUMNS = join(SHARD_NAMES.map(identifier), ', ');
const NUMBERS = join(
  SHARD_NAMES.map((name) => sql`${SHARD_NUMBERS[name]} AS ${identifier(name)}`),
  ', ',
);
const NO_NUMBERS = join(
  SHARD_NAMES.map((name) => sql`NULL AS ${identifier(name)}`),
  ', ',
);
