import { type Param, type Sql, join, param, sql } from '../../sql/sql.ts';
import { CHANNEL_OF_HOST } from '../../lib/channel-hosts.ts';
import {
  CHANNELS,
  CHANNEL_OF_MEDIUM,
  type ChannelFacts,
  HOST_CHANNELS,
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

/** The channels of sites, and those of texts that are channels already: no site is spelt so. */
const SITES = new Map([...CHANNEL_OF_HOST, ...HOSTS.map((name) => [name, name] as const)]);
const SITE_NAMES = param('Array(String)', [...SITES.keys()]);

/** The channel of a site that has one of its own, of others the domain that they are below. */
const CHANNEL_OR_DOMAIN = replaced(
  sql`transform(${SITE}, ${SITE_NAMES}, ${param('Array(String)', [...SITES.values()])})`,
  String.raw`^.*?([^.]+\.(?:(?:com?|org|net|ac|gov|edu|or|ne|go|gob)\.[a-z]{2}|[a-z]+))$`,
  String.raw`\1`,
);

const HOST: Fact<ChannelFacts['host']> = {
  values: HOSTS,
  place: sql`transform(${CHANNEL_OR_DOMAIN}, ${SITE_NAMES}, ${places([...SITES.values()], HOSTS)}, ${place('Other', HOSTS)})`,
};

const MEDIUMS = ['none', 'unknown', ...CHANNELS] as const;
const KNOWN_MEDIUMS = new Map<string, ChannelFacts['medium']>([[NONE, 'none'], ...CHANNEL_OF_MEDIUM]);

const MEDIUM: Fact<ChannelFacts['medium']> = {
  values: MEDIUMS,
  place: sql`transform(${replaced(sql`lower(utm_medium)`, '^paid.*$', 'paid')}, ${param('Array(String)', [...KNOWN_MEDIUMS.keys()])}, ${places([...KNOWN_MEDIUMS.values()], MEDIUMS)}, ${place('unknown', MEDIUMS)})`,
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

const CHANNEL = sql`arrayElement(${param('Array(String)', TABLE)}, 1 + ${placeOf(IS_AD, MEDIUM, IS_INTERNAL, HOST)})`;

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

function places<Value>(some: readonly Value[], all: readonly Value[]): Param {
  return param(
    'Array(UInt8)',
    some.map((one) => all.indexOf(one)),
  );
}

function place<Value>(one: Value, all: readonly Value[]): Sql {
  return sql`${param('UInt8', all.indexOf(one))}`;
}
