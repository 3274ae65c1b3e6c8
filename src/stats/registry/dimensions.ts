import { sql } from '../../sql/sql.ts';
import { countryCode, nearestCountryName } from '../../lib/country.ts';
import { quotable } from '../../lib/text.ts';
import { CHANNELS } from '../../lib/channels.ts';
import { CONTINENTS } from '../../lib/continent.ts';
import { DIRECT } from '../../lib/referrer.ts';
import { countryFilter, referrerFilter, referrerHostFilter } from '../sql/filters.ts';
import { channel } from '../sql/channel.ts';
import { continentOf, hostOfReferrer } from '../sql/derived-columns.ts';
import type { Dimension } from './dimension.ts';
import { hourOfDay, weekday } from '../sql/local-time.ts';
import { joinedTags, tagColumn, tagFilter } from '../sql/tag.ts';

/** The dimensions, in the order they are offered. */
export const DIMENSIONS = {
  time: { column: undefined, words: { one: 'Time', many: 'Times' }, topic: 'time', isInOverview: true },
  browser: {
    column: () => sql`browser`,
    order: 'text',
    words: { one: 'Browser', many: 'Browsers' },
    topic: 'technology',
    example: 'Chrome,Firefox',
    isInOverview: true,
  },
  browser_version: {
    column: () => sql`browser_version`,
    order: 'number',
    words: { one: 'Browser version', many: 'Browser versions' },
    topic: 'technology',
    example: '131,132',
    filterNote: 'The major version.',
  },
  os: {
    column: () => sql`os`,
    order: 'text',
    words: { one: 'System', many: 'Systems' },
    topic: 'technology',
    example: 'Windows',
    isInOverview: true,
  },
  os_version: {
    column: () => sql`os_version`,
    order: 'number',
    words: { one: 'System version', many: 'System versions' },
    topic: 'technology',
    example: '10',
    filterNote: 'The major version.',
  },
  device: {
    column: () => sql`device`,
    order: 'text',
    words: { one: 'Device', many: 'Devices' },
    topic: 'technology',
    example: 'mobile,tablet',
    filterNote: '`desktop`, `mobile`, `tablet`, `tv`, `console`, `other`, `Unknown`, or what clicks say.',
  },
  bot: {
    column: () => sql`bot`,
    order: 'text',
    words: { one: 'Bot', many: 'Bots' },
    topic: 'technology',
    example: 'Googlebot',
    filterNote: 'The name of the program; `(none)` for people, `Unknown` for programs without a name.',
  },
  country: {
    column: () => sql`country`,
    order: 'text',
    filter: countryFilter,
    fault: faultOfCountry,
    words: { one: 'Country', many: 'Countries' },
    topic: 'place',
    example: 'DE,Türkiye',
    filterNote: 'Codes and English names, in any letter case.',
    shownAs: 'country',
    isInOverview: true,
  },
  continent: {
    column: () => continentOf(sql`country`),
    order: 'text',
    values: CONTINENTS,
    words: { one: 'Continent', many: 'Continents' },
    topic: 'place',
    example: 'Europe,North America',
  },
  region: {
    column: () => sql`region`,
    order: 'text',
    words: { one: 'Region', many: 'Regions' },
    topic: 'place',
    example: 'DE-BY',
    filterNote: 'The code of ISO 3166-2, or a name where there is no code.',
  },
  city: {
    column: () => sql`city`,
    order: 'text',
    words: { one: 'City', many: 'Cities' },
    topic: 'place',
    example: 'Berlin',
    isInOverview: true,
  },
  network: {
    column: () => sql`network`,
    order: 'text',
    words: { one: 'Network', many: 'Networks' },
    topic: 'technology',
    example: 'Deutsche Telekom AG',
  },
  hosting: {
    column: () => sql`hosting`,
    order: 'text',
    words: { one: 'Hosting', many: 'Hosting' },
    topic: 'technology',
    example: 'no',
    filterNote: '`yes` for addresses in data centres, `no` for others, `Unknown`.',
  },
  referrer: {
    column: () => sql`referrer`,
    order: 'text',
    filter: referrerFilter,
    words: { one: 'Referrer', many: 'Referrers' },
    topic: 'source',
    example: 'google.com',
    filterNote:
      'A full URL; a host for every referrer of exactly that host; a host and path without a scheme for that referrer under https and http; `Direct` for clicks without one.',
    shownAs: 'address',
    isInOverview: true,
    hasLongValues: true,
  },
  referrer_host: {
    column: () => hostOfReferrer(sql`referrer`),
    order: 'text',
    filter: referrerHostFilter,
    words: { one: 'Referring site', many: 'Referring sites' },
    topic: 'source',
    example: 'google.com',
    filterNote: `The host as a referrer has it, with its port where that is unusual; \`${DIRECT}\` for clicks without one.`,
  },
  channel: {
    column: channel,
    order: 'text',
    values: CHANNELS,
    words: { one: 'Channel', many: 'Channels' },
    topic: 'source',
    example: 'Search,AI',
  },
  language: {
    column: () => sql`language`,
    order: 'text',
    words: { one: 'Language', many: 'Languages' },
    topic: 'place',
    shownAs: 'language',
    example: 'de,en',
    filterNote: 'The primary subtag in lower case; `(none)` for clicks without one.',
  },
  domain: {
    column: () => sql`domain`,
    order: 'text',
    words: { one: 'Domain', many: 'Domains' },
    topic: 'link',
    example: 'go.example.com',
    filterNote: 'The host of the short link, in lower case; `(none)` for clicks without one.',
  },
  utm_source: {
    column: () => sql`utm_source`,
    order: 'text',
    words: { one: 'Campaign source', many: 'Campaign sources' },
    topic: 'campaign',
    example: 'newsletter',
    filterNote: '`(none)` for clicks without one.',
  },
  utm_medium: {
    column: () => sql`utm_medium`,
    order: 'text',
    words: { one: 'Campaign medium', many: 'Campaign media' },
    topic: 'campaign',
    example: 'email',
    filterNote: '`(none)` for clicks without one.',
  },
  utm_campaign: {
    column: () => sql`utm_campaign`,
    order: 'text',
    words: { one: 'Campaign', many: 'Campaigns' },
    topic: 'campaign',
    example: 'spring',
    filterNote: '`(none)` for clicks without one.',
  },
  utm_term: {
    column: () => sql`utm_term`,
    order: 'text',
    words: { one: 'Campaign term', many: 'Campaign terms' },
    topic: 'campaign',
    example: 'shoes',
    filterNote: '`(none)` for clicks without one.',
  },
  utm_content: {
    column: () => sql`utm_content`,
    order: 'text',
    words: { one: 'Campaign content', many: 'Campaign contents' },
    topic: 'campaign',
    example: 'header',
    filterNote: '`(none)` for clicks without one.',
  },
  variant: {
    column: () => sql`variant`,
    order: 'text',
    words: { one: 'Variant', many: 'Variants' },
    topic: 'link',
    example: 'A',
    filterNote: '`(none)` for clicks without one.',
  },
  hour_of_day: {
    localColumn: hourOfDay,
    order: 'number',
    values: numbers(0, 23),
    words: { one: 'Hour of the day', many: 'Hours of the day' },
    topic: 'time',
    shownAs: 'hour',
    example: '8,9',
    filterNote: '`0` to `23`, in the time zone of the request.',
  },
  weekday: {
    localColumn: weekday,
    order: 'number',
    values: numbers(1, 7),
    words: { one: 'Weekday', many: 'Weekdays' },
    topic: 'time',
    shownAs: 'weekday',
    example: '6,7',
    filterNote: '`1` for Monday to `7` for Sunday, in the time zone of the request.',
  },
  short_code: {
    column: () => sql`short_code`,
    order: 'text',
    words: { one: 'Link', many: 'Links' },
    topic: 'link',
    example: 'launch',
    isSortedBy: true,
    // With `anon` the query is for one URL, named by its parameter `short_code`.
    scope: 'all',
    isInOverview: true,
    hasLongValues: true,
  },
  tag: {
    column: tagColumn,
    order: 'text',
    joinTags: joinedTags,
    filter: tagFilter,
    words: { one: 'Tag', many: 'Tags' },
    topic: 'link',
    example: 'newsletter,spring',
    filterNote: 'The tags that the URLs have now; `(none)` for clicks of URLs without one.',
    scope: 'all',
  },
} as const satisfies Record<string, Dimension>;

function numbers(first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}

function faultOfCountry(value: string): string | undefined {
  if (countryCode(value) !== undefined) return undefined;
  const nearest = nearestCountryName(value);
  const hint = nearest === undefined ? 'Write it as in DE or Germany.' : `Did you mean ${nearest}?`;
  return `country cannot be "${quotable(value)}", which is no country's code or English name. ${hint}`;
}
