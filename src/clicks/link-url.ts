import { firstCharacters } from '../lib/first-characters.ts';
import { hostName } from '../lib/host-name.ts';
import { mapEntries, namesOf } from '../lib/names.ts';
import { wellFormed } from '../lib/text.ts';
import { memoised } from '../lib/text-memo.ts';

/** The longest value of a campaign parameter that is kept. */
export const MAX_CAMPAIGN_CHARACTERS = 256;

/**
 * The parameters by which links name their campaign, as Google Analytics and others have them, with an example of each; a click
 * has fields of the same names.
 */
export const CAMPAIGN_EXAMPLES = {
  utm_source: 'newsletter',
  utm_medium: 'email',
  utm_campaign: 'spring',
  utm_term: 'shoes',
  utm_content: 'header',
} as const;

type CampaignParameter = keyof typeof CAMPAIGN_EXAMPLES;

export const CAMPAIGN_PARAMETERS = namesOf(CAMPAIGN_EXAMPLES);

/**
 * The parameters, in lower case, with which advertising networks mark a paid click. Not `fbclid`, `igshid` or `epik`, which are on
 * links in ordinary posts too, nor those of newsletters and affiliates.
 */
const AD_PARAMETERS = {
  gclid: 'Google Ads',
  gbraid: 'Google Ads, from an app',
  wbraid: 'Google Ads, to an app',
  gclsrc: 'Google Ads, through Search Ads 360',
  gad_source: 'Google Ads, where the click id was removed',
  dclid: 'Google Display & Video 360',
  msclkid: 'Microsoft Advertising',
  ttclid: 'TikTok',
  twclid: 'X',
  li_fat_id: 'LinkedIn',
  rdt_cid: 'Reddit',
  sccid: 'Snapchat',
  yclid: 'Yandex Direct',
  qclid: 'Quora',
  tblci: 'Taboola',
  dicbo: 'Outbrain',
} as const satisfies Readonly<Record<string, string>>;

const AD_PARAMETER_NAMES: ReadonlySet<string> = new Set(namesOf(AD_PARAMETERS));

/** What is parsed from the URL of a short link, as it was requested. */
export interface LinkUrl extends Readonly<Record<CampaignParameter, string | undefined>> {
  /** The name of its host, without a port. */
  readonly domain: string | undefined;
  /** The first parameter of an advertising network that it has. */
  readonly ad_parameter: string | undefined;
}

type LinkParameters = Omit<LinkUrl, 'domain'>;

/** Scheme and authority; a URL without a scheme has slashes, or a host that looks like one. */
const WITH_SCHEME = /^(?:https?:)?\/\/([^/?#]*)/i;
const WITHOUT_SCHEME =
  /^((?:[^\s/?#.@]+\.)+[^\s/?#.@]+|localhost(?::\d+)?|\[[\da-f:.]+\](?::\d+)?)(?:[/?#]|$)/i;

/**
 * Reads the short link that was requested: a URL, also without its scheme, or the path and query of one (`/launch?utm_source=x`), which
 * has no host. Undefined where the text is neither, or has a host that cannot be one. Of equal parameters the first counts.
 */
export function parseLinkUrl(text: string): LinkUrl | undefined {
  const url = text.trim();
  const authority = authorityOf(url);
  const isRelative = authority === undefined && (url.startsWith('/') || url.startsWith('?'));
  if (authority === undefined && !isRelative) return undefined;
  const domain = authority === undefined ? undefined : domainOf(authority);
  return domain === NO_HOST ? undefined : linkOf(domain, parametersOf(url));
}

/** What a query told, with what the latest URL told that has it: nearly all are of one host. */
interface ReadQuery {
  readonly parameters: LinkParameters;
  latest: LinkUrl | undefined;
}

function linkOf(domain: string | undefined, query: ReadQuery): LinkUrl {
  const { latest } = query;
  if (latest !== undefined && latest.domain === domain) return latest;
  return (query.latest = { domain, ...query.parameters });
}

/** As nearly every URL begins. */
const USUAL_START = 'https://';

function authorityOf(url: string): string | undefined {
  if (!url.startsWith(USUAL_START)) return WITH_SCHEME.exec(url)?.[1] ?? WITHOUT_SCHEME.exec(url)?.[1];
  let end = USUAL_START.length;
  while (end < url.length && !isDelimiter(url.charCodeAt(end))) end++;
  return url.slice(USUAL_START.length, end);
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
const HASH = 0x23;

function isDelimiter(code: number): boolean {
  return code === SLASH || code === QUESTION || code === HASH;
}

const NO_HOST = '';
const domainOf = memoised((authority) => hostName(authority) ?? NO_HOST);

/**
 * Few URLs come twice, since advertising networks put a number of their own into each. It is the value of the last parameter, and
 * which one it is does not matter; the query before it comes again and again.
 */
function parametersOf(url: string): ReadQuery {
  const question = url.indexOf('?');
  const hash = url.indexOf('#');
  const end = hash === -1 ? url.length : hash;
  if (question === -1 || question >= end) return NO_QUERY;
  const query = url.slice(question + 1, end);
  const last = query.lastIndexOf('&') + 1;
  const value = query.indexOf('=', last) + 1;
  const isValueRead = query.startsWith('utm_', last);
  return value === 0 || value === query.length || isValueRead
    ? parametersIn(query)
    : parametersBefore(query.slice(0, value));
}

const parametersIn = memoised(readQuery);

/** Of a query up to the value of its last parameter, which may be any. */
const parametersBefore = memoised((start) => readQuery(`${start}1`));

const NO_PARAMETERS: LinkParameters = {
  ...mapEntries(CAMPAIGN_EXAMPLES, () => undefined),
  ad_parameter: undefined,
};

const NO_QUERY: ReadQuery = { parameters: NO_PARAMETERS, latest: undefined };

function readQuery(query: string): ReadQuery {
  return { parameters: parseQuery(query), latest: undefined };
}

type DraftParameters = { -readonly [Part in keyof LinkParameters]: LinkParameters[Part] };

function parseQuery(query: string): LinkParameters {
  const found: DraftParameters = { ...NO_PARAMETERS };
  let equals = -1;
  for (let start = 0; start < query.length;) {
    const ampersand = query.indexOf('&', start);
    const stop = ampersand === -1 ? query.length : ampersand;
    if (equals < start) equals = query.indexOf('=', start);
    if (equals === -1) break;
    if (equals < stop - 1) readParameter(query, start, equals, stop, found);
    start = stop + 1;
  }
  return found;
}

function readParameter(
  query: string,
  start: number,
  equals: number,
  stop: number,
  found: DraftParameters,
): void {
  for (const name of CAMPAIGN_PARAMETERS) {
    if (start + name.length !== equals || !query.startsWith(name, start)) continue;
    found[name] ??= campaignValue(query.slice(equals + 1, stop)) || undefined;
    return;
  }
  if (found.ad_parameter === undefined && equals - start <= LONGEST_AD_PARAMETER)
    found.ad_parameter = adParameter(query.slice(start, equals)) || undefined;
}

const LONGEST_AD_PARAMETER = Math.max(...namesOf(AD_PARAMETERS).map(({ length }) => length));

/** The name of an advertising network's parameter in lower case; empty for others. */
const adParameter = memoised((name) => {
  const lower = name.toLowerCase();
  return AD_PARAMETER_NAMES.has(lower) ? lower : '';
});

/** A value of a query without its escapes; empty for a blank one. */
const campaignValue = memoised((encoded) => {
  const isPlain = !encoded.includes('%') && !encoded.includes('+');
  const text = isPlain ? encoded : decoded(encoded);
  return firstCharacters(wellFormed(text.trim()), MAX_CAMPAIGN_CHARACTERS);
});

/** As forms are encoded; bytes that are not UTF-8 become U+FFFD. */
function decoded(encoded: string): string {
  return new URLSearchParams(`v=${encoded}`).get('v') ?? '';
}
