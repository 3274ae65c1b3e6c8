import { namesOf } from '../../../lib/names.ts';
import type { FieldMap } from './field-map.ts';
import {
  isoRegion,
  majorVersion,
  named,
  ofCampaign,
  pathOfLink,
  unless,
  withoutVersion,
} from './field-values.ts';

const MONGO_NUMBERS = ['$numberInt', '$numberLong', '$numberDouble'] as const;

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

/** The addresses of the page that a visit of Matomo began with. */
const MATOMO_URLS = ['actionDetails.0.url', 'url (actionDetails 0)', 'actionDetails_0_url'] as const;

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
      bot: { names: ['bot_name'] },
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
      region: { names: ['visitLocation.regionName'] },
      is_bot: { names: ['potentialBot', 'Potential bot'] },
      url: {
        names: ['visitedUrl', 'Visited URL', 'Short URL', 'shortUrl.shortUrl'],
      },
      domain: { names: ['shortUrl.domain'] },
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
      region: {
        names: ['Location'],
        convert: (location) =>
          typeof location === 'string' && location.includes('-') ? location : undefined,
      },
      browser: { names: ['Browser'], convert: withoutVersion },
      browser_version: { names: ['Browser'], convert: majorVersion },
      os: { names: ['System'], convert: withoutVersion },
      os_version: { names: ['System'], convert: majorVersion },
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
      region: { names: ['click.region', 'region'] },
      domain: { names: ['link.domain', 'domain', 'Link'] },
      utm_source: { names: ['link.utm_source', 'utm_source'] },
      utm_medium: { names: ['link.utm_medium', 'utm_medium'] },
      utm_campaign: { names: ['link.utm_campaign', 'utm_campaign'] },
      utm_term: { names: ['link.utm_term', 'utm_term'] },
      utm_content: { names: ['link.utm_content', 'utm_content'] },
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
      url: {
        names: ['url_query'],
        convert: (query) => (typeof query === 'string' && query !== '' ? `?${query}` : undefined),
      },
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
      short_code: { names: MATOMO_URLS },
      // Those of actions are later or earlier by the offset of the site's time zone (matomo-org/matomo#22720).
      clicked_at: {
        names: [
          'firstActionTimestamp',
          'serverTimestamp',
          'actionDetails.0.timestamp',
          'timestamp (actionDetails 0)',
          'actionDetails_0_timestamp',
        ],
      },
      ip: { names: ['visitIp'] },
      visitor_id: { names: ['visitorId'] },
      referrer: { names: ['referrerUrl'] },
      country: { names: ['countryCode'] },
      city: { names: ['city'] },
      browser: { names: ['browserName'] },
      browser_version: { names: ['browserVersion'], convert: majorVersion },
      os: { names: ['operatingSystemName'] },
      os_version: { names: ['operatingSystemVersion'], convert: majorVersion },
      device: { names: ['deviceType'] },
      region: {
        names: ['region'],
        beside: ['regionCode', 'countryCode'],
        convert: isoRegion,
      },
      language: { names: ['languageCode'] },
      url: { names: MATOMO_URLS },
      utm_source: { names: ['campaignSource'] },
      utm_medium: { names: ['campaignMedium'] },
      utm_campaign: {
        names: ['campaignName'],
        beside: ['referrerType', 'referrerName'],
        convert: ofCampaign,
      },
      utm_term: {
        names: ['campaignKeyword'],
        beside: ['referrerType', 'referrerKeyword'],
        convert: ofCampaign,
      },
      utm_content: { names: ['campaignContent'] },
      click_id: { names: ['idVisit'] },
    },
  },
} as const satisfies Readonly<Record<string, FieldMap>>;

export type FieldMapName = keyof typeof FIELD_MAPS;

export const FIELD_MAP_NAMES = namesOf(FIELD_MAPS);
