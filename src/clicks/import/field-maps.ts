import { namesOf } from '../../lib/names.ts';
import type { FieldMap } from './field-map.ts';

const MONGO_NUMBERS = ['$numberInt', '$numberLong', '$numberDouble'] as const;

/** A value that is not this text, with which a service says that there is none. */
const unless =
  (none: string) =>
  (found: unknown): unknown =>
    found === none ? undefined : found;

/** `Chrome 131.0` and `Windows 10` without their versions. */
function withoutVersion(found: unknown): unknown {
  return typeof found === 'string' ? found.replace(/ v?\d[\d.]*$/, '') : found;
}

/** Other names for families. */
const named =
  (names: Readonly<Record<string, string>>) =>
  (found: unknown): unknown =>
    withoutVersion((typeof found === 'string' ? names[found] : undefined) ?? found);

const UMAMI_BROWSERS = {
  crios: 'Chrome',
  'chromium-webview': 'Chrome',
  ios: 'Safari',
  'ios-webview': 'Safari',
  fxios: 'Firefox',
  'edge-ios': 'Edge',
  'edge-chromium': 'Edge',
  samsung: 'Samsung Internet',
  'opera-mini': 'Opera',
};

/** Records of other services, and where those have the fields of clicks. Each is also a preset of the option `map`. */
export const FIELD_MAPS = {
  'spoo-me': {
    description: 'click documents of spoo.me, as mongoexport writes them',
    sources: {
      short_code: { names: ['meta.short_code'] },
      clicked_at: { names: ['clicked_at.$date.$numberLong', 'clicked_at.$date', 'clicked_at'] },
      ip: { names: ['ip_address'] },
      user_agent: { names: ['user_agent'] },
      referrer: { names: ['referrer'] },
      redirect_ms: { names: [...MONGO_NUMBERS.map((type) => `redirect_ms.${type}`), 'redirect_ms'] },
      country: { names: ['country'] },
      city: { names: ['city'] },
      browser: { names: ['browser'] },
      os: { names: ['os'] },
      is_bot: {
        names: ['bot_name'],
        convert: (name) => (name === undefined ? undefined : name !== null && name !== ''),
      },
    },
  },
  yourls: {
    description: "YOURLS' table of clicks (yourls_log)",
    sources: {
      short_code: { names: ['shorturl'] },
      clicked_at: { names: ['click_time'] },
      ip: { names: ['ip_address'] },
      user_agent: { names: ['user_agent'] },
      referrer: { names: ['referrer'], convert: unless('direct') },
      country: { names: ['country_code'] },
      click_id: { names: ['click_id'] },
    },
  },
  shlink: {
    description: "Shlink's visits",
    sources: {
      short_code: {
        names: ['shortUrl.shortCode', 'shortCode', 'visitedUrl', 'Visited URL', 'Short URL', 'shortUrl'],
      },
      clicked_at: { names: ['date'] },
      user_agent: { names: ['userAgent', 'User agent'] },
      referrer: { names: ['referer'] },
      country: { names: ['visitLocation.countryCode', 'visitLocation.countryName', 'country'] },
      city: { names: ['visitLocation.cityName', 'city'] },
      is_bot: { names: ['potentialBot', 'Potential bot'] },
    },
    leftOut: {
      names: ['type'],
      reasonOf: (type) =>
        type === 'base_url' || type === 'invalid_short_url' || type === 'regular_404'
          ? 'visit of no short URL'
          : undefined,
    },
  },
  goatcounter: {
    description: "GoatCounter's CSV export",
    sources: {
      short_code: { names: ['2Path', '1Path', 'path'] },
      clicked_at: { names: ['Date'] },
      user_agent: { names: ['UserAgent', 'User-Agent'] },
      visitor_id: { names: ['Session'] },
      // Generated ones and campaigns are names, which are no addresses.
      referrer: {
        names: ['Referrer'],
        beside: ['Referrer scheme'],
        convert: (referrer, scheme) => (scheme === 'g' || scheme === 'c' ? undefined : referrer),
      },
      country: {
        names: ['Location'],
        convert: (location) => (typeof location === 'string' ? location.slice(0, 2) : undefined),
      },
      browser: { names: ['Browser'], convert: withoutVersion },
      os: { names: ['System'], convert: withoutVersion },
      is_bot: {
        names: ['Bot'],
        convert: (reason) => (reason === '' ? undefined : reason !== '0'),
      },
    },
    leftOut: {
      names: ['Event'],
      reasonOf: (isEvent) => (isEvent === 'true' ? 'event of a page' : undefined),
    },
  },
  dub: {
    description: "Dub's click events, by its API or as CSV",
    sources: {
      short_code: {
        names: ['link.key', 'key'],
        beside: ['Link'],
        convert: (key, link) => (key === '_root' ? '/' : (key ?? pathOfLink(link))),
      },
      clicked_at: { names: ['timestamp', 'Date'] },
      ip: { names: ['click.ip', 'ip'] },
      user_agent: { names: ['click.ua', 'ua'] },
      referrer: {
        names: ['click.refererUrl', 'referer_url', 'Referrer URL', 'click.referer', 'referer', 'Referrer'],
        convert: unless('(direct)'),
      },
      country: { names: ['click.country', 'country'] },
      city: { names: ['click.city', 'city'] },
      browser: { names: ['click.browser', 'browser'] },
      os: { names: ['click.os', 'os'] },
      device: { names: ['click.device', 'device'] },
      domain: { names: ['link.domain', 'domain'] },
      is_bot: { names: ['click.bot', 'bot'] },
      click_id: { names: ['click.id', 'click_id', 'Click ID'] },
    },
    leftOut: {
      names: ['event'],
      reasonOf: (event) => (event === 'lead' || event === 'sale' ? 'event other than a click' : undefined),
    },
  },
  umami: {
    description: "Umami's events (website_event)",
    sources: {
      short_code: { names: ['url_path'] },
      clicked_at: { names: ['created_at'] },
      visitor_id: { names: ['session_id'] },
      referrer: {
        names: ['referrer_domain'],
        beside: ['referrer_path'],
        convert: (domain, path) =>
          typeof domain === 'string' && domain !== '' && typeof path === 'string' ? domain + path : domain,
      },
      country: { names: ['country'] },
      city: { names: ['city'] },
      browser: { names: ['browser'], convert: named(UMAMI_BROWSERS) },
      os: { names: ['os'], convert: named({ 'Android OS': 'Android' }) },
      device: { names: ['device'] },
      region: { names: ['region'] },
      language: { names: ['language'] },
      domain: { names: ['hostname'] },
      utm_source: { names: ['utm_source'] },
      utm_medium: { names: ['utm_medium'] },
      utm_campaign: { names: ['utm_campaign'] },
      utm_term: { names: ['utm_term'] },
      utm_content: { names: ['utm_content'] },
      click_id: { names: ['event_id'] },
    },
    leftOut: {
      names: ['event_type'],
      reasonOf: (type) => (type === '2' || type === 2 ? 'event other than a page view' : undefined),
    },
  },
  matomo: {
    description:
      "Matomo's visits (Live.getLastVisitsDetails): each is a click on the page that it began with",
    sources: {
      short_code: { names: ['actionDetails.0.url', 'url (actionDetails 0)', 'actionDetails_0_url'] },
      clicked_at: {
        names: [
          'actionDetails.0.timestamp',
          'timestamp (actionDetails 0)',
          'actionDetails_0_timestamp',
          'firstActionTimestamp',
          'serverTimestamp',
        ],
      },
      ip: { names: ['visitIp'] },
      visitor_id: { names: ['visitorId'] },
      referrer: { names: ['referrerUrl'] },
      country: { names: ['countryCode'] },
      city: { names: ['city'] },
      browser: { names: ['browserName'] },
      os: { names: ['operatingSystemName'] },
      click_id: { names: ['idVisit'] },
    },
  },
} as const satisfies Readonly<Record<string, FieldMap>>;

export type FieldMapName = keyof typeof FIELD_MAPS;

export const FIELD_MAP_NAMES = namesOf(FIELD_MAPS);

/** `/launch` of `dub.sh/launch`. */
function pathOfLink(link: unknown): string | undefined {
  if (typeof link !== 'string') return undefined;
  const slash = link.indexOf('/');
  return slash === -1 ? '/' : link.slice(slash);
}
