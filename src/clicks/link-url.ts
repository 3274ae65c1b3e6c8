import { firstCharacters } from '../lib/first-characters.ts';
import { hostName } from '../lib/host-name.ts';
import { namesOf } from '../lib/names.ts';
import { isBlank, wellFormed } from '../lib/text.ts';

/** The longest value of a campaign parameter that is kept. */
export const MAX_CAMPAIGN_CHARACTERS = 256;

/** The parameters by which links name their campaign, as Google Analytics and others have them; a click has fields of the same names. */
export const CAMPAIGN_PARAMETERS = [
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
] as const;

type CampaignParameter = (typeof CAMPAIGN_PARAMETERS)[number];

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

/** What a short link tells, as it was requested. */
export interface LinkUrl extends Readonly<Record<CampaignParameter, string | undefined>> {
  /** The name of its host, without a port. */
  readonly domain: string | undefined;
  /** The first parameter of an advertising network that it has. */
  readonly ad_parameter: string | undefined;
}

type DraftUrl = { -readonly [Part in keyof LinkUrl]: LinkUrl[Part] };

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
  const authority = WITH_SCHEME.exec(url)?.[1] ?? WITHOUT_SCHEME.exec(url)?.[1];
  const isRelative = authority === undefined && (url.startsWith('/') || url.startsWith('?'));
  if (authority === undefined && !isRelative) return undefined;
  const domain = authority === undefined ? undefined : hostName(authority);
  if (authority !== undefined && domain === undefined) return undefined;
  const link: DraftUrl = {
    domain,
    utm_source: undefined,
    utm_medium: undefined,
    utm_campaign: undefined,
    utm_term: undefined,
    utm_content: undefined,
    ad_parameter: undefined,
  };
  readQuery(url, link);
  return link;
}

function readQuery(url: string, link: DraftUrl): void {
  const hash = url.indexOf('#');
  const end = hash === -1 ? url.length : hash;
  const question = url.indexOf('?');
  if (question === -1 || question > end) return;
  for (let start = question + 1; start < end;) {
    const ampersand = url.indexOf('&', start);
    const stop = ampersand === -1 || ampersand > end ? end : ampersand;
    const equals = url.indexOf('=', start);
    if (equals !== -1 && equals < stop - 1)
      readParameter(url.slice(start, equals), url.slice(equals + 1, stop), link);
    start = stop + 1;
  }
}

function readParameter(name: string, value: string, link: DraftUrl): void {
  const campaign = CAMPAIGN_PARAMETERS.find((known) => known === name);
  if (campaign !== undefined) link[campaign] ??= campaignValue(value);
  else if (link.ad_parameter === undefined) {
    const lower = name.toLowerCase();
    if (AD_PARAMETER_NAMES.has(lower)) link.ad_parameter = lower;
  }
}

/** A value of a query without its escapes; undefined for a blank one. */
function campaignValue(encoded: string): string | undefined {
  const isPlain = !encoded.includes('%') && !encoded.includes('+');
  const text = isPlain ? encoded : decoded(encoded);
  if (isBlank(text)) return undefined;
  return firstCharacters(wellFormed(text.trim()), MAX_CAMPAIGN_CHARACTERS);
}

/** As forms are encoded; bytes that are not UTF-8 become U+FFFD. */
function decoded(encoded: string): string {
  return new URLSearchParams(`v=${encoded}`).get('v') ?? '';
}
