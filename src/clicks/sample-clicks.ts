import { type Sql, param, sql } from '../sql/sql.ts';
import type { ShortUrl } from '../urls/registry.ts';

/** What sample clicks to make. Equal plans make equal clicks. */
export interface SeedPlan {
  /** Clicks in all. */
  readonly clicks: number;
  readonly owners: readonly string[];
  /** URLs in all, dealt out to the owners in turn. */
  readonly urls: number;
  readonly days: number;
  /** 32 bits. */
  readonly seed: number;
  /** Unix milliseconds; no click is newer. */
  readonly end: number;
  /** This call's share: clicks number `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

const CODE_WORDS = [
  'launch', 'spring-sale', 'newsletter', 'pricing', 'docs', 'webinar', 'podcast', 'hiring', 'flyer', 'app',
]; // prettier-ignore

/** Each visitor's browser and system, as often here as in the wild. */
const AGENTS = weighted([
  ['Chrome|Windows', 27], ['Chrome|Android', 25], ['Safari|iOS', 17], ['Chrome|macOS', 7], ['Edge|Windows', 6],
  ['Safari|macOS', 5], ['Firefox|Windows', 3], ['Samsung Internet|Android', 3], ['Chrome|Linux', 2], ['Opera|Android', 1],
  ['Firefox|Linux', 1], ['Opera|Windows', 1], ['Chrome|iOS', 1], ['Chrome|Chrome OS', 1],
]); // prettier-ignore

/** Each visitor's place, and how many hours its day is ahead of UTC's. */
const PLACES = weighted([
  ['US|New York', 12], ['US|Los Angeles', 8], ['US|Chicago', 6], ['IN|Mumbai', 9], ['IN|Bengaluru', 6], ['GB|London', 8],
  ['DE|Berlin', 5], ['DE|Munich', 3], ['BR|São Paulo', 6], ['FR|Paris', 5], ['JP|Tokyo', 5], ['CA|Toronto', 4],
  ['AU|Sydney', 3], ['ES|Madrid', 3], ['IT|Milan', 3], ['NL|Amsterdam', 3], ['PL|Warsaw', 2], ['MX|Mexico City', 2],
  ['SE|Stockholm', 2], ['NG|Lagos', 2], ['ID|Jakarta', 2], ['XX|Unknown', 1],
]); // prettier-ignore

const REFERRERS = weighted([
  ['Direct', 42], ['https://google.com', 18], ['https://news.ycombinator.com/item', 6], ['https://t.co', 8],
  ['https://facebook.com', 7], ['https://linkedin.com/feed', 6], ['https://reddit.com/r/programming', 4],
  ['https://youtube.com/watch', 4], ['https://duckduckgo.com', 3], ['https://bing.com', 2],
]); // prettier-ignore

/** Clicks of each hour of the day in the visitors' time, from midnight. */
const HOURS = [3, 2, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 13, 13, 13, 12, 11, 11, 12, 13, 12, 9, 5];
/** Clicks of each day of the week, from Monday. */
const WEEKDAYS = [11, 12, 12, 12, 10, 6, 6];
const HOURS_OF_WEEK = weighted(
  WEEKDAYS.flatMap((day, weekday) =>
    HOURS.map((hour, place): [number, number] => [weekday * 24 + place, day * hour]),
  ),
);

const WEEK_SECONDS = 604_800;
/** A Monday, midnight UTC. */
const A_MONDAY = Date.UTC(2024, 0, 1) / 1000;

/** The short code of URL number `index`. */
function codeOf(owner: string, index: number): string {
  return `${owner}-${CODE_WORDS[index] ?? index}`;
}

/** The URLs of a plan; the first of each owner has public statistics. */
export function seedUrls(plan: SeedPlan): readonly ShortUrl[] {
  return Array.from({ length: plan.urls }, (_, index): ShortUrl => {
    const ownerId = plan.owners[index % plan.owners.length] ?? '';
    const rank = Math.floor(index / plan.owners.length);
    return {
      shortCode: codeOf(ownerId, rank),
      ownerId,
      createdAt: plan.end - plan.days * 86_400_000,
      privateStats: rank > 0,
      longUrl: null,
      tags: [],
    };
  });
}

/**
 * Sample clicks made inside ClickHouse, each from nothing but the seed and its number: a few links with most of the
 * clicks, days and weeks with their rhythm, visitors who return, some bots.
 */
export function compileSeed(plan: SeedPlan): Sql {
  const seed = param('UInt64', plan.seed);
  const owners = param('Array(String)', plan.owners);
  const start = param('Int64', Math.floor(plan.end / 1000) - plan.days * 86_400);
  const span = param('Int64', plan.days * 86_400);
  const weeks = param('UInt64', Math.ceil(plan.days / 7) + 1);
  return sql`INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer,
  is_bot, redirect_ms, click_id, ingest_id)
WITH
  number AS i,
  cityHash64(${seed}, i, 1) AS link_hash,
  cityHash64(${seed}, i, 2) AS time_hash,
  cityHash64(${seed}, i, 3) AS visitor_hash,
  cityHash64(${seed}, i, 4) AS click_hash,
  -- A power law: the first links have most of the clicks, most links have few.
  least(toUInt64(${param('UInt64', plan.urls)} * pow(link_hash / 18446744073709551616., 3)), ${param('UInt64', plan.urls - 1)}) AS url,
  ${owners}[url % length(${owners}) + 1] AS owner,
  intDiv(url, length(${owners})) AS rank,
  -- Half of the clicks are of visitors who click once; the others come from a pool of returning ones.
  if(visitor_hash % 2 = 0, i + 4294967296,
    toUInt64(${param('UInt64', Math.max(1, Math.ceil(plan.clicks / 12)))} * pow(cityHash64(visitor_hash) / 18446744073709551616., 2))) AS person,
  cityHash64(${seed}, person, 5) AS visitor,
  intHash64(visitor) AS traits,
  visitor % 25 = 0 AS bot,
  splitByChar('|', ${table(AGENTS, sql`traits`)}) AS agent,
  splitByChar('|', ${table(PLACES, sql`intHash64(traits)`)}) AS place,
  ${param('Int64', A_MONDAY)} + toInt64(time_hash % ${weeks}) * ${param('Int64', WEEK_SECONDS)}
    + ${param('Array(Int64)', HOURS_OF_WEEK)}[intHash64(time_hash) % ${param('UInt64', HOURS_OF_WEEK.length)} + 1] * 3600
    + toInt64(click_hash % 3600) AS rhythm,
  ${start} + positiveModulo(rhythm - ${start}, ${span}) AS second
SELECT
  owner,
  concat(owner, '-', ${param('Array(String)', CODE_WORDS)}[rank + 1], if(rank < ${param('UInt64', CODE_WORDS.length)}, '', toString(rank))),
  fromUnixTimestamp64Milli(least(second * 1000 + toInt64(intHash64(click_hash) % 1000), ${param('Int64', plan.end)}), 'UTC'),
  visitor,
  if(bot, 'Unknown', agent[1]),
  if(bot, 'Unknown', agent[2]),
  place[1],
  place[2],
  ${table(REFERRERS, sql`click_hash`)},
  bot,
  round(4 + 60 * pow(intHash64(click_hash) / 18446744073709551616., 4), 2),
  '',
  0
FROM numbers(${param('UInt64', plan.from)}, ${param('UInt64', plan.to - plan.from)})`;
}

/** A value of a table, chosen by a hash. */
function table(values: readonly string[], hash: Sql): Sql {
  return sql`${param('Array(String)', values)}[${hash} % ${param('UInt64', values.length)} + 1]`;
}

/** Each value as often as its weight says. */
function weighted<T>(entries: readonly (readonly [T, number])[]): readonly T[] {
  return entries.flatMap(([value, weight]) => Array<T>(weight).fill(value));
}
