import { type Sql, join, param, sql } from '../../sql/sql.ts';
import { CHANNEL_OF_HOST } from '../../lib/channel-hosts.ts';
import {
  CHANNELS,
  CHANNEL_OF_MEDIUM,
  type ChannelFacts,
  HOST_CHANNELS,
  type HostChannel,
  channelOf,
} from '../../lib/channels.ts';
import { NONE } from '../../lib/none.ts';
import { DIRECT } from '../../lib/referrer.ts';

/** Something that a channel follows from: what it can be, and the place (UInt8) of what it is among these. */
interface Fact<Value> {
  readonly values: readonly Value[];
  readonly place: Sql;
}

/**
 * The channel of a click. It is looked up in a table of all that the facts can be together: a comparison for each rule would
 * take ClickHouse twice as long.
 */
export function channel(): Sql {
  return CHANNEL;
}

/**
 * A referrer's site: its host without port and `www.`, and of some search engines that of their `.com`, whichever country's it
 * is. All that follows is functions of one column of shared texts, which ClickHouse works out once for each text.
 */
const SITE = replaced(
  replaced(
    sql`referrer`,
    String.raw`^[^:/]+://(?:www[0-9]?\.|m\.)?([^/]+?)\.?(?::[0-9]+)?(?:/.*)?$`,
    String.raw`\1`,
  ),
  String.raw`(^|\.)(google|yahoo|yandex|bing|ask|msn|live)\.(?:com?\.|it\.)?(?:[a-z]{2}|com|cat|net)$`,
  String.raw`\1\2.com`,
);

const HOSTS = [...HOST_CHANNELS, DIRECT] as const;

const DOMAIN = String.raw`^.*?([^.]+\.(?:(?:com?|org|net|ac|gov|edu|or|ne|go|gob)\.[a-z]{2}|[a-z]+))$`;
const isDomain = (site: string): boolean => site.replace(new RegExp(DOMAIN), '$1') === site;

/* Constants cost ClickHouse up to a microsecond a byte to plan, so each site stands here once and its channel is a letter. */

/** Sites that have a channel, by whether they are below a domain. */
const BELOW = [...CHANNEL_OF_HOST].filter(([site]) => !isDomain(site));
const DOMAINS = [...CHANNEL_OF_HOST].filter(([site]) => isDomain(site));

/** The letter that marks a channel among sites; sites are in lower case. */
const letterOf = (channel: HostChannel): string => String.fromCodePoint(65 + HOSTS.indexOf(channel));

/** The letter of a site that has a channel of its own, of others the domain that they are below. */
const LETTER_OR_DOMAIN = replaced(
  sql`transform(${SITE}, ${texts(BELOW.map(([site]) => site))}, ${texts(BELOW.map(([, name]) => letterOf(name)))})`,
  DOMAIN,
  String.raw`\1`,
);

const PLACES = new Map<string, (typeof HOSTS)[number]>([
  ...DOMAINS,
  ...HOST_CHANNELS.map((name) => [letterOf(name), name] as const),
  [DIRECT, DIRECT],
]);

const HOST: Fact<ChannelFacts['host']> = {
  values: HOSTS,
  place: sql`transform(${LETTER_OR_DOMAIN}, ${texts([...PLACES.keys()])}, ${places([...PLACES.values()], HOSTS)}, ${place('Other', HOSTS)})`,
};

const MEDIUMS = ['none', 'unknown', ...CHANNELS] as const;
const KNOWN_MEDIUMS = new Map<string, ChannelFacts['medium']>([[NONE, 'none'], ...CHANNEL_OF_MEDIUM]);

const MEDIUM: Fact<ChannelFacts['medium']> = {
  values: MEDIUMS,
  place: sql`transform(${replaced(sql`lower(utm_medium)`, '^paid.*$', 'paid')}, ${texts([...KNOWN_MEDIUMS.keys()])}, ${places([...KNOWN_MEDIUMS.values()], MEDIUMS)}, ${place('unknown', MEDIUMS)})`,
};

const IS_AD: Fact<boolean> = { values: [false, true], place: sql`(ad_parameter != '')` };

const IS_INTERNAL: Fact<boolean> = {
  values: [false, true],
  place: sql`(${replaced(sql`referrer`, String.raw`^[^:/]+://([^/]+?)\.?(?::[0-9]+)?(?:/.*)?$`, String.raw`\1`)} = domain)`,
};

const TABLE = IS_AD.values.flatMap((isAd) =>
  MEDIUM.values.flatMap((medium) =>
    IS_INTERNAL.values.flatMap((isInternal) =>
      HOST.values.map((host) => channelOf({ isAd, medium, isInternal, host })),
    ),
  ),
);

const PLACE = sql`arrayElement(${places(TABLE, CHANNELS)}, 1 + ${placeOf(IS_AD, MEDIUM, IS_INTERNAL, HOST)})`;

const CHANNEL = sql`arrayElement(${texts(CHANNELS)}, 1 + ${PLACE})`;

/** The place of what some facts are together, if the last one changes first. */
function placeOf(...facts: readonly Fact<unknown>[]): Sql {
  const terms = facts.map(({ place: own }, index) => {
    const size = facts.slice(index + 1).reduce((product, { values }) => product * values.length, 1);
    return sql`${param('UInt16', size)} * ${own}`;
  });
  return sql`${join(terms, ' + ')}`;
}

function replaced(text: Sql, pattern: string, replacement: string): Sql {
  return sql`replaceRegexpOne(${text}, ${param('String', pattern)}, ${param('String', replacement)})`;
}

/** A constant list. As one text that ClickHouse splits it takes half as long to plan as an array. @param values without commas */
function texts(values: readonly string[]): Sql {
  return sql`splitByChar(',', ${param('String', values.join(','))})`;
}

function places<Value>(some: readonly Value[], all: readonly Value[]): Sql {
  return sql`CAST(${texts(some.map((one) => String(all.indexOf(one))))}, 'Array(UInt8)')`;
}

function place<Value>(one: Value, all: readonly Value[]): Sql {
  return sql`${param('UInt8', all.indexOf(one))}`;
}
