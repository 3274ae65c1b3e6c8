import { NONE } from '../lib/none.ts';
import { type Sql, identifier, join, param, sql } from '../sql/sql.ts';
import type { ShortUrl } from '../urls/short-url.ts';
import type { ColumnName } from './click-schema.ts';

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

const TAGS = ['product', 'campaign', 'print'];

/** Each visitor's browser, system, device and their versions, as often here as in the wild. */
const AGENTS = weighted([
  ['Chrome|Windows|desktop|131|10', 20], ['Chrome|Windows|desktop|130|10', 7], ['Chrome|Android|mobile|131|14', 17],
  ['Chrome|Android|mobile|130|13', 6], ['Chrome|Android|tablet|131|13', 2], ['Safari|iOS|mobile|18|18', 12],
  ['Safari|iOS|mobile|17|17', 5], ['Chrome|macOS|desktop|131|10', 7], ['Edge|Windows|desktop|131|10', 6],
  ['Safari|macOS|desktop|18|10', 5], ['Firefox|Windows|desktop|133|10', 3], ['Samsung Internet|Android|mobile|27|14', 3],
  ['Chrome|Linux|desktop|131|Unknown', 2], ['Opera|Android|mobile|85|13', 1], ['Firefox|Linux|desktop|133|Unknown', 1],
  ['Opera|Windows|desktop|115|10', 1], ['Chrome|iOS|mobile|131|18', 1], ['Edge|Xbox|console|44|Unknown', 1],
]); // prettier-ignore

const BOTS = weighted([
  ['Googlebot', 8], ['bingbot', 4], ['Slackbot', 3], ['facebookexternalhit', 3], ['curl', 2], ['Unknown', 1],
]); // prettier-ignore

/** Each visitor's country, city, region, language and network. */
const PLACES = weighted([
  ['US|New York|US-NY|en|Verizon', 12], ['US|Los Angeles|US-CA|en|Charter', 6], ['US|Los Angeles|US-CA|es|Charter', 2],
  ['US|Chicago|US-IL|en|Comcast', 6], ['IN|Mumbai|IN-MH|hi|Reliance Jio', 9], ['IN|Bengaluru|IN-KA|en|Bharti Airtel', 6],
  ['GB|London|GB-LND|en|BT', 8], ['DE|Berlin|DE-BE|de|Deutsche Telekom', 5], ['DE|Munich|DE-BY|de|Vodafone', 3],
  ['BR|São Paulo|BR-SP|pt|Claro', 6], ['FR|Paris|FR-75C|fr|Orange', 5], ['JP|Tokyo|JP-13|ja|NTT', 5],
  ['CA|Toronto|CA-ON|en|Rogers', 4], ['AU|Sydney|AU-NSW|en|Telstra', 3], ['ES|Madrid|ES-MD|es|Telefónica', 3],
  ['IT|Milan|IT-25|it|TIM', 3], ['NL|Amsterdam|NL-NH|nl|KPN', 3], ['PL|Warsaw|PL-14|pl|Orange', 2],
  ['MX|Mexico City|MX-CMX|es|Telmex', 2], ['SE|Stockholm|SE-AB|sv|Telia', 2], ['NG|Lagos|NG-LA|en|MTN', 2],
  ['ID|Jakarta|ID-JK|id|Telkomsel', 2], ['XX|Unknown|Unknown|(none)|Unknown', 1],
]); // prettier-ignore

/** Source, medium, campaign, term, content and the parameter of an advertising network. */
const CAMPAIGNS = weighted([
  ['(none)|(none)|(none)|(none)|(none)|', 70], ['newsletter|email|spring|(none)|header|', 7], ['newsletter|email|spring|(none)|footer|', 3],
  ['google|cpc|spring|url shortener|(none)|gclid', 5], ['google|cpc|launch|link statistics|(none)|gclid', 3],
  ['linkedin|paid_social|launch|(none)|video|li_fat_id', 4], ['partner|referral|launch|(none)|(none)|', 4], ['flyer|print|(none)|(none)|(none)|', 4],
]); // prettier-ignore

const PLANS = ['free', 'free', 'pro', 'team'];
const DOMAINS = ['go.example.com', 'go.example.com', 'example.link'];

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
      tags: rank % 4 === 3 ? [] : [TAGS[rank % TAGS.length] ?? ''],
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
  const agent = (part: number): Sql =>
    pick(partsOf(AGENTS, part), sql`traits`, { when: sql`bot`, text: 'Unknown' });
  const place = (part: number): Sql => pick(partsOf(PLACES, part), sql`intHash64(traits)`);
  const campaign = (part: number): Sql => pick(partsOf(CAMPAIGNS, part), sql`intHash64(link_hash)`);
  const columns: readonly (readonly [name: ColumnName | 'owner_id' | 'ingest_id', value: Sql])[] = [
    ['owner_id', sql`owner`],
    [
      'short_code',
      sql`concat(owner, '-', ${param('Array(String)', CODE_WORDS)}[rank + 1], if(rank < ${param('UInt64', CODE_WORDS.length)}, '', toString(rank)))`,
    ],
    [
      'clicked_at',
      sql`fromUnixTimestamp64Milli(least(second * 1000 + toInt64(intHash64(click_hash) % 1000), ${param('Int64', plan.end)}), 'UTC')`,
    ],
    ['visitor', sql`visitor`],
    ['browser', agent(0)],
    ['os', agent(1)],
    ['device', agent(2)],
    ['browser_version', agent(3)],
    ['os_version', agent(4)],
    ['country', place(0)],
    ['city', place(1)],
    ['region', place(2)],
    ['language', place(3)],
    ['network', place(4)],
    ['hosting', pick(['no'], sql`0`, { when: sql`bot`, text: 'yes' })],
    ['referrer', pick(REFERRERS, sql`click_hash`)],
    ['is_bot', sql`bot`],
    ['bot', pick(BOTS, sql`traits`, { when: sql`NOT bot`, text: NONE })],
    ['utm_source', campaign(0)],
    ['utm_medium', campaign(1)],
    ['utm_campaign', campaign(2)],
    ['utm_term', campaign(3)],
    ['utm_content', campaign(4)],
    ['ad_parameter', campaign(5)],
    ['domain', pick(DOMAINS, sql`rank`)],
    ['variant', pick(['A', 'B'], sql`traits`, { when: sql`rank > 0`, text: NONE })],
    ['properties', sql`map('plan', ${pick(PLANS, sql`traits`)})`],
    ['redirect_ms', sql`round(4 + 60 * pow(intHash64(click_hash) / 18446744073709551616., 4), 2)`],
    ['click_id', sql`''`],
    ['ingest_id', sql`0`],
  ];
  return sql`INSERT INTO clicks (${join(
    columns.map(([name]) => identifier(name)),
    ', ',
  )})
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
  ${param('Int64', A_MONDAY)} + toInt64(time_hash % ${weeks}) * ${param('Int64', WEEK_SECONDS)}
    + ${param('Array(Int64)', HOURS_OF_WEEK)}[intHash64(time_hash) % ${param('UInt64', HOURS_OF_WEEK.length)} + 1] * 3600
    + toInt64(click_hash % 3600) AS rhythm,
  ${start} + positiveModulo(rhythm - ${start}, ${span}) AS second
SELECT ${join(
    columns.map(([, value]) => value),
    ',\n  ',
  )}
FROM numbers(${param('UInt64', plan.from)}, ${param('UInt64', plan.to - plan.from)})`;
}

/**
 * A text of a list, chosen by a hash. Lists are dictionaries, so that ClickHouse writes the columns without looking texts up.
 * @param other the text of rows for which a condition holds
 */
function pick(
  texts: readonly string[],
  hash: Sql,
  other?: { readonly when: Sql; readonly text: string },
): Sql {
  const all = param('Array(String)', other === undefined ? texts : [...texts, other.text]);
  const count = param('UInt64', texts.length);
  const place = sql`${hash} % ${count} + 1`;
  const chosen = other === undefined ? place : sql`if(${other.when}, ${count} + 1, ${place})`;
  return sql`CAST(${all} AS Array(LowCardinality(String)))[${chosen}]`;
}

/** One part of each text of a table, whose parts stand between bars. */
function partsOf(table: readonly string[], part: number): readonly string[] {
  return table.map((text) => text.split('|')[part] ?? '');
}

/** Each value as often as its weight says. */
function weighted<T>(entries: readonly (readonly [T, number])[]): readonly T[] {
  return entries.flatMap(([value, weight]) => Array<T>(weight).fill(value));
}
