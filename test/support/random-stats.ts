import { expect } from '@jest/globals';
import * as fc from './fast-check.ts';
import {
  DIMENSION_NAMES,
  type DimensionName,
  FILTER_NAMES,
  type FilterName,
  goesWith,
  isFilterName,
} from '../../src/stats/registry/dimension-names.ts';
import {
  INTERVAL_NAMES,
  type IntervalName,
  WEEK_STARTS,
  type WeekStart,
  withWeekStart,
} from '../../src/stats/registry/intervals.ts';
import { DEFAULT_METRICS, METRIC_NAMES } from '../../src/stats/registry/metrics.ts';
import { RANGE_NAMES, type RangeName } from '../../src/stats/registry/ranges.ts';
import { type KnownCompare, periodToCompare } from './compared-period.ts';
import { OPERATOR_NAMES, type OperatorName, operatorOf } from '../../src/stats/registry/operators.ts';
import { EMPTY, type Sql, identifier, join, sql } from '../../src/sql/sql.ts';
import { parseFilters } from '../../src/stats/parse/filter-parameters.ts';
import { FEW_PARTS } from '../../src/stats/sql/comparisons.ts';
import { filterSql } from '../../src/stats/sql/conditions.ts';
import { type Sharding, clicksFrom, onEachShard } from '../../src/stats/sql/click-source.ts';
import { givenTags } from '../../src/stats/sql/tag-source.ts';
import { documentJudge } from './outside.ts';
import {
  type COMPUTED,
  COUNTRY_NAMES,
  type KnownClick,
  MOST_BUCKETS,
  type Question,
  bucketsOf,
  expectedAnswer,
  expectedPrevious,
  holds,
  inOrder,
  instantOfWall,
  intervalByRange,
  isOf,
  offsetOf,
  rangeByName,
  startOfDay,
} from './reference.ts';

/** Where questions are asked: a Spoor in this process or in another. */
export interface Target {
  readonly url: string;
  readonly adminKey: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Both change days of two zones, a day that a zone skipped, and ordinary days elsewhere. */
const CLUSTERS = [
  ['America/New_York', '2025-03-09T07:00Z'],
  ['America/New_York', '2025-11-02T06:00Z'],
  ['Australia/Lord_Howe', '2025-04-05T15:00Z'],
  ['Australia/Lord_Howe', '2025-10-04T15:30Z'],
  ['Pacific/Apia', '2011-12-30T10:00Z'],
  ['Asia/Kathmandu', '2025-06-10T18:15Z'],
  ['Pacific/Apia', '2025-06-10T11:00Z'],
  ['UTC', '2025-01-01T00:00Z'],
  ['Asia/Kolkata', '2024-12-31T18:30Z'],
] as const;

const ZONES = [...new Set(CLUSTERS.map(([zone]) => zone)), 'Asia/Calcutta'];

/** Values that break what is built by joining texts. */
const HOSTILE = [
  `it's "quoted"`,
  `'; DROP TABLE clicks; --`,
  'back\\slash',
  'ends with \\',
  'a\\,b',
  'one, two',
  'tab\tnew\nline\r\b',
  '100% %41 %s',
  '{p0:String}',
  '😀👩‍👩‍👧',
  '\u202Eright to left\u202C',
  'שלום عالم',
  'é',
  'e\u0301',
  '\u{10000} after',
  '\uFF5E before',
  '__proto__',
  'constructor',
  'NULL',
  '007',
  '7',
  '1e5',
  '=1+1',
  '-',
];

const OWNERS: Readonly<Record<string, readonly string[]>> = {
  alice: ['007', '7', '1e5', 'a/b?c', 'mylink'],
  "o'Brien\\": ['%41', 'A', 'one, two', 'back\\slash', '😀'],
  李雷: ["it's", '__proto__', 'שלום', '*', '#&='],
};

/** By code; the others have none. */
const TAGS: Readonly<Record<string, readonly string[]>> = {
  '007': ['spring', 'one, two'],
  '7': ['spring'],
  mylink: [`it's "quoted"`, 'é', 'e\u0301', '=1+1'],
  A: ['Spring', 'spring', 'back\\slash', 'ends with \\'],
  'one, two': ['__proto__', '100% %41 %s', '{p0:String}'],
  '😀': ['(none)', '😀👩‍👩‍👧'],
  __proto__: ['7'],
  '*': ['Chrome', "'; DROP TABLE clicks; --", '\u202Eright to left\u202C'],
};

/** The same as shards get them. */
export const GIVEN_TAGS = givenTags(Object.entries(TAGS).map(([code, tags]) => [code, tags.join('\t')]));

function tagsOf(code: string): readonly string[] {
  return Object.hasOwn(TAGS, code) ? (TAGS[code] ?? []) : [];
}

const REFERRERS = [
  [undefined, 'Direct'],
  ['', 'Direct'],
  ['-', 'Direct'],
  ['ftp://com.example', 'Direct'],
  ['android-app://com.Example', 'android-app://com.example'],
  ['google.com/search', 'https://google.com/search'],
  ['https://Google.com/', 'https://google.com'],
  ['https://google.com/search?q=1#top', 'https://google.com/search'],
  ['http://google.com/Search/', 'http://google.com/Search'],
  ['https://news.google.com/', 'https://news.google.com'],
  ['https://google.com.evil.example/x', 'https://google.com.evil.example/x'],
  ['https://user:word@example.org:8080/a,b', 'https://example.org:8080/a%2Cb'],
  ["https://example.org/it's", "https://example.org/it's"],
  ['https://chatgpt.com/?q', 'https://chatgpt.com'],
  ['https://mail.google.com/mail/u/0/#inbox', 'https://mail.google.com/mail/u/0'],
] as const;

const REFERRER_FILTERS = [
  'Direct',
  'google.com',
  'google.com/',
  '//google.com',
  'google.com/search',
  '//google.com/Search',
  'com.example',
  'example.org',
  'example.org:8080',
  'https://google.com',
  'https://GOOGLE.com/search/?again',
  'https://example.org:8080/a,b',
  'nowhere.example',
];

const COUNTRIES = [
  ['DE', 'DE'],
  ['US', 'US'],
  ['United States', 'US'],
  ['Türkiye', 'TR'],
  ['XX', 'XX'],
  ['Atlantis', 'XX'],
  ['CZ', 'CZ'],
] as const;

/** The link as it was requested, its host and the ad click id in it. */
const ADDRESSES = [
  [undefined, ''],
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['192.0.2.2', '192.0.2.2'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
] as const;

const NO_AGENT = {
  isBot: false,
  browser: ['Unknown', 'Unknown'],
  os: ['Unknown', 'Unknown'],
  device: 'Unknown',
  bot: '(none)',
};

/** What each tells: families with their versions, device and program. */
const AGENTS = [
  [undefined, NO_AGENT],
  ['', NO_AGENT],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36',
    { isBot: false, browser: ['Chrome', '131'], os: ['Windows', '10'], device: 'desktop', bot: '(none)' },
  ],
  [
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    { ...NO_AGENT, isBot: true, bot: 'Googlebot' },
  ],
] as const;

const NO_LINK = {
  domain: '(none)',
  utm_source: '(none)',
  utm_medium: '(none)',
  utm_campaign: '(none)',
  utm_term: '(none)',
  utm_content: '(none)',
  ad_parameter: '',
};

const LINKS = [
  [undefined, NO_LINK],
  ['https://example.org:8080/x', { ...NO_LINK, domain: 'example.org' }],
  ['//Google.com/x?gclid=1', { ...NO_LINK, domain: 'google.com', ad_parameter: 'gclid' }],
  ['/x?msclkid=2', { ...NO_LINK, ad_parameter: 'msclkid' }],
  ['/launch?ref=x', NO_LINK],
  ['HTTPS://Go.Example:8443/launch', { ...NO_LINK, domain: 'go.example' }],
  [
    'go.example/?utm_source=news&utm_medium=pa%70er',
    { ...NO_LINK, domain: 'go.example', utm_source: 'news', utm_medium: 'paper' },
  ],
  [
    '/?utm_campaign=spring+sale&utm_term=%C3%A9&utm_content=it%27s#utm_source=x',
    { ...NO_LINK, utm_campaign: 'spring sale', utm_term: 'é', utm_content: "it's" },
  ],
] as const;

const LANGUAGES = [
  [{}, '(none)'],
  [{ language: 'de-AT' }, 'de'],
  [{ language: '', accept_language: 'fr;q=0.4, pt-BR' }, 'pt'],
] as const;

const NETWORKS = [
  [{}, { region: 'Unknown', network: 'Unknown', hosting: 'Unknown' }],
  [
    { region: 'DE-BY', network: "it's", hosting: false },
    { region: 'DE-BY', network: "it's", hosting: 'no' },
  ],
  [
    { network: '=1+1', hosting: 'yes' },
    { region: 'Unknown', network: '=1+1', hosting: 'yes' },
  ],
] as const;

const text = fc.constantFrom('Chrome', 'Firefox', 'Unknown', ...HOSTILE);

/** Near a clock change, often at the very edge of a bucket. */
const moments = fc
  .tuple(
    fc.constantFrom(...CLUSTERS),
    fc.integer({ min: -150, max: 150 }),
    fc.oneof(fc.constantFrom(-1, 0, 1), fc.integer({ min: 0, max: 1_799_999 })),
  )
  .map(([[zone, centre], halfHours, rest]) => ({
    zone,
    instant: Date.parse(centre) + halfHours * HOUR * 0.5 + rest,
  }));

interface SentClick {
  readonly sent: Readonly<Record<string, unknown>>;
  readonly known: KnownClick;
}

const clicks: fc.Arbitrary<SentClick> = fc
  .record({
    owner: fc.constantFrom(...Object.keys(OWNERS)),
    code: fc.nat(4),
    moment: moments,
    browser: text,
    os: fc.constantFrom('Windows', 'macOS', 'Linux', ...HOSTILE.slice(0, 4)),
    city: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('Berlin', 'São Paulo', ' padded ') }, text),
    country: fc.constantFrom(...COUNTRIES),
    referrer: fc.constantFrom(...REFERRERS),
    address: fc.constantFrom(...ADDRESSES),
    agent: fc.constantFrom(...AGENTS),
    link: fc.constantFrom(...LINKS),
    plan: fc.constantFrom(undefined, 'pro', '007', ...HOSTILE),
    language: fc.constantFrom(...LANGUAGES),
    network: fc.constantFrom(...NETWORKS),
    said: fc.record(
      {
        utm_medium: fc.constantFrom('CPC', 'email', 'referral'),
        utm_campaign: text,
        variant: text,
        device: fc.constantFrom('tablet', 'Smartphone'),
        os_version: fc.oneof(fc.constantFrom('8', '8.1', '10', '100', 'XP'), text),
      },
      { requiredKeys: [] },
    ),
    redirectMs: fc.option(fc.nat(5_000), { nil: undefined }),
    bare: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  })
  .map(({ owner, code, moment, bare, browser, os, city, country, referrer, redirectMs, ...drawn }) => {
    const shortCode = OWNERS[owner]?.[code] ?? '';
    const told = bare
      ? { browser: '', os: undefined, city: '', country: undefined }
      : { browser, os, city, country: country[0] };
    const [ip, canonicalIp] = bare ? ADDRESSES[0] : drawn.address;
    const [userAgent, { isBot, ...agent }] = bare ? AGENTS[0] : drawn.agent;
    const [url, link] = drawn.link;
    const [sentLanguage, language] = drawn.language;
    const [sentNetwork, network] = drawn.network;
    const { said, plan } = drawn;
    const shown = bare ? { browser: 'Unknown', os: 'Unknown' } : { browser, os };
    return {
      sent: {
        short_code: shortCode,
        clicked_at: new Date(moment.instant).toISOString(),
        ip,
        user_agent: userAgent,
        referrer: referrer[0],
        redirect_ms: redirectMs,
        url,
        ...told,
        ...sentLanguage,
        ...sentNetwork,
        ...said,
        ...(plan === undefined ? {} : { properties: { plan, browser: 'none' } }),
      },
      known: {
        ownerId: owner,
        clickedAt: moment.instant,
        visitor: JSON.stringify([canonicalIp, userAgent ?? '']),
        isBot,
        redirectMs,
        tags: tagsOf(shortCode),
        values: {
          ...shown,
          browser_version: shown.browser === agent.browser[0] ? agent.browser[1] : 'Unknown',
          os_version: said.os_version ?? (shown.os === agent.os[0] ? agent.os[1] : 'Unknown'),
          device: said.device === 'Smartphone' ? 'mobile' : (said.device ?? agent.device),
          bot: agent.bot,
          ...network,
          language,
          ...link,
          utm_medium: said.utm_medium ?? link.utm_medium,
          utm_campaign: said.utm_campaign ?? link.utm_campaign,
          variant: said.variant ?? '(none)',
          'property.plan': plan ?? '(none)',
          city: bare ? 'Unknown' : city,
          country: bare ? 'XX' : country[1],
          referrer: referrer[1],
          short_code: shortCode,
          // A dimension that is left out does not compile.
        } satisfies Record<Exclude<FilterName, keyof typeof COMPUTED | 'tag'> | 'ad_parameter', string>,
      },
    };
  });

/** What a question is asked with. */
interface Asked {
  /** The range is one by its name, and the question's own is none yet. */
  readonly range: RangeName | undefined;
  readonly query: readonly (readonly [string, string])[];
  readonly question: Omit<Question, 'interval'> & {
    readonly interval: IntervalName | undefined;
    readonly weekStart: WeekStart;
  };
  readonly compared: KnownCompare | undefined;
  /** Whose key asks; the administrator's where undefined. */
  readonly keyOf: string | undefined;
}

type Edge = 'start' | 'end';

const DATE_FORMS = [
  'seconds',
  'decimals',
  'milliseconds',
  'utc',
  'offset',
  'space',
  'local',
  'date',
] as const;

/** An instant written in one of the forms of a date, and the instant that text then means. */
function writeDate(form: (typeof DATE_FORMS)[number], instant: number, zone: string, edge: Edge) {
  const wall = instant + offsetOf(zone, instant);
  const iso = new Date(wall).toISOString().slice(0, -1);
  const midnight = Math.floor(wall / DAY) * DAY;
  const east = new Date(instant + 5.5 * HOUR).toISOString().slice(0, -1);
  switch (form) {
    case 'seconds':
      return { text: String(Math.floor(instant / 1000)), instant: Math.floor(instant / 1000) * 1000 };
    case 'decimals':
      return { text: `${(instant / 1000).toFixed(3)}9`, instant };
    case 'milliseconds':
      return { text: String(instant), instant };
    case 'utc':
      return { text: new Date(instant).toISOString(), instant };
    case 'offset':
      return { text: `${east}+05:30`, instant };
    case 'space':
      return { text: `${east} 05:30`, instant };
    case 'local':
      return { text: iso, instant: instantOfWall(zone, wall, edge) };
    case 'date':
      return {
        text: iso.slice(0, 10),
        instant: edge === 'start' ? startOfDay(zone, midnight) : startOfDay(zone, midnight + DAY) - 1,
      };
  }
}

/** Ranges end before this, so that no answer depends on when it is asked for. */
const LATEST = Date.parse('2026-01-15T00:00Z');

const lengths = fc.oneof(
  fc.constantFrom(0, HOUR, DAY, 25 * HOUR, 25 * HOUR + 1, 7 * DAY, 93 * DAY),
  fc.integer({ min: 0, max: 3 * DAY }),
  fc.integer({ min: 0, max: 500 * DAY }),
  fc.integer({ min: 0, max: 15 * 365 * DAY }),
);

/** What dimensions with values of their own kind are filtered by. */
const POOLS: Readonly<Record<string, readonly string[]>> = {
  referrer: REFERRER_FILTERS,
  referrer_host: [
    'Direct',
    'google.com',
    'com.example',
    'example.org',
    'example.org:8080',
    'https://google.com',
  ],
  country: ['DE', 'US', 'TR', 'XX', 'de', ...Object.keys(COUNTRY_NAMES)],
  channel: ['Direct', 'Paid', 'Search', 'AI', 'Internal', 'Other', 'Video'],
  continent: ['Europe', 'Asia', 'North America', 'Unknown', 'Africa'],
  hour_of_day: ['0', '1', '2', '12', '23'],
  weekday: ['1', '6', '7'],
  short_code: [...Object.values(OWNERS).flat(), 'nobody'],
  tag: [...Object.values(TAGS).flat(), '(none)', 'SPRING', 'nothing'],
};

/** Parts of what clicks have, and what JavaScript and RE2 take for the same regular expression. */
const PARTS = [
  'e',
  'ER',
  'google',
  'https://',
  'Ü',
  'an',
  '%',
  '_',
  '7',
  '\\',
  "'",
  'K',
  'ß',
  'I',
  'ſ',
  '.com',
  '💥',
];
const PATTERNS = ['^g', '[A-Z]', '(?:e|o)\\.', '\\d$', '^.$', 'ü|é', '^$', '[^\\x00-\\x7f]'];

const poolOf = (name: string, operator: OperatorName): readonly string[] => {
  const { takes } = operatorOf(operator);
  if (takes === 'patterns') return PATTERNS;
  const whole = POOLS[name] ?? [
    'Chrome',
    'Firefox',
    'Windows',
    'Berlin',
    'São Paulo',
    'Unknown',
    '(none)',
    'chrome',
    'mobile',
    'go.example',
    ...HOSTILE,
  ];
  return takes === 'values' ? whole : [...PARTS, ...whole];
};

/** Parts that no click has, of which there may be so many that they are looked for in another way. */
const absentParts = (operator: OperatorName): fc.Arbitrary<readonly string[]> =>
  operatorOf(operator).takes === 'parts'
    ? fc.constantFrom(
        [],
        Array.from({ length: FEW_PARTS }, (_, index) => `absent.${index}|`),
        Array.from({ length: 2 * FEW_PARTS + 1 }, (_, index) => 'absent|'.padEnd(10 + index, '.')),
      )
    : fc.constant([]);

/** A condition in the array form. */
const conditionOf = (name: string): fc.Arbitrary<readonly unknown[]> =>
  fc.constantFrom(...OPERATOR_NAMES).chain((operator) =>
    fc
      .record({
        values: fc.array(fc.constantFrom(...poolOf(name, operator)), { minLength: 1, maxLength: 3 }),
        absent: absentParts(operator),
        options: fc.constantFrom([], [], [{ case_sensitive: false }]),
      })
      .map(({ values, absent, options }) => [operator, name, [...absent, ...values], ...options]),
  );

/** Groups of conditions in their normal form: none of its own kind in another, of two at least. */
const groupOf = (
  names: readonly string[],
  kinds: readonly string[],
  depth: number,
): fc.Arbitrary<readonly unknown[]> => {
  const condition = fc.constantFrom(...names).chain(conditionOf);
  return fc.constantFrom(...kinds).chain((kind) => {
    const others = ['and', 'or', 'not'].filter((other) => other === 'not' || other !== kind);
    const part = depth === 1 ? condition : fc.oneof(condition, groupOf(names, others, depth - 1));
    return kind === 'not'
      ? part.map((one) => [kind, one])
      : fc.array(part, { minLength: 2, maxLength: 3 }).map((all) => [kind, all]);
  });
};

/** Values of one dimension's filter, in JSON and as single parameters. */
const filterOf = (name: string) =>
  fc
    .oneof({ weight: 2, arbitrary: fc.constant('is' as const) }, fc.constantFrom(...OPERATOR_NAMES))
    .chain((operator) => {
      const values = fc.array(fc.constantFrom(...poolOf(name, operator)), { maxLength: 3 });
      return fc.record({
        operator: fc.constant(operator),
        json: values,
        single: values.map((all) => all.filter(canBeListed)),
        twice: fc.boolean(),
      });
    });

/** A backslash before a comma, or before the end of a value, can only be said in JSON. */
function canBeListed(value: string): boolean {
  return !/\\(?:,|$)/.test(value);
}

const escaped = (value: string): string => value.replaceAll(',', '\\,');

/** What a question is compared with, and its parameters. */
function compareWith(
  drawn: {
    readonly to: 'previous' | 'year' | 'dates';
    readonly byWeekday: boolean;
    readonly moment: { readonly instant: number };
    readonly length: number;
  },
  timezone: string,
): { readonly compare: KnownCompare; readonly query: readonly [string, string][] } {
  const { to, byWeekday } = drawn;
  if (to !== 'dates') {
    const query: [string, string][] = [['compare', to]];
    return { compare: { to, byWeekday }, query: byWeekday ? [...query, ['match', 'weekday']] : query };
  }
  const start = writeDate('local', drawn.moment.instant, timezone, 'start');
  const last = Math.min(drawn.moment.instant + drawn.length, LATEST);
  const end = writeDate('date', Math.max(last, drawn.moment.instant), timezone, 'end');
  return {
    compare: { to: { start: start.instant, end: end.instant }, byWeekday: false },
    query: [['compare', `${start.text}/${end.text}`]],
  };
}

const questions: fc.Arbitrary<Asked> = fc
  .record({
    anon: fc.boolean(),
    owner: fc.constantFrom(...Object.keys(OWNERS)),
    code: fc.nat(4),
    asker: fc.constantFrom('owner', 'admin', 'every'),
    moment: moments,
    length: lengths,
    startForm: fc.constantFrom(...DATE_FORMS),
    endForm: fc.constantFrom(...DATE_FORMS),
    foreignZone: fc.option(fc.constantFrom(...ZONES), { nil: undefined, freq: 2 }),
    dimensions: fc.option(
      fc.shuffledSubarray<DimensionName>([...DIMENSION_NAMES, 'property.plan'], {
        minLength: 1,
        maxLength: 4,
      }),
      {
        freq: 6,
      },
    ),
    metrics: fc.option(fc.shuffledSubarray([...METRIC_NAMES], { minLength: 1, maxLength: 4 })),
    interval: fc.option(fc.constantFrom(...INTERVAL_NAMES)),
    range: fc.oneof(
      { weight: 9, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...RANGE_NAMES, 'all' as const) },
    ),
    week_start: fc.option(fc.constantFrom(...WEEK_STARTS)),
    breakdown: fc.option(fc.boolean()),
    bots: fc.option(fc.constantFrom('include', 'exclude', 'only')),
    limit: fc.option(fc.constantFrom(1, 2, 3, 7, 10_000)),
    offset: fc.option(fc.constantFrom(0, 1, 2, 5, 1_000_000_000), { freq: 2 }),
    other: fc.option(fc.boolean()),
    sort: fc.option(
      fc.record({
        by: fc.oneof(fc.constantFrom(...METRIC_NAMES), fc.nat(3), fc.constant('change')),
        minus: fc.constantFrom('', '-'),
      }),
    ),
    compared: fc.oneof(
      fc.constant(undefined),
      fc.record({
        to: fc.constantFrom('previous' as const, 'year' as const, 'dates' as const),
        byWeekday: fc.boolean(),
        moment: moments,
        length: lengths,
      }),
    ),
    tree: fc.option(
      groupOf(
        FILTER_NAMES.filter((name) => goesWith(name, 'anon')),
        ['or', 'not'],
        3,
      ),
      {
        freq: 1,
        nil: undefined,
      },
    ),
    filters: fc.oneof(
      fc.constant({}),
      fc
        .shuffledSubarray([...FILTER_NAMES, 'property.plan'], { maxLength: 3 })
        .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, filterOf(name)])))),
    ),
  })
  .map((drawn) => {
    const timezone = drawn.foreignZone ?? drawn.moment.zone;
    const start = writeDate(drawn.startForm, drawn.moment.instant, timezone, 'start');
    const end = writeDate(
      drawn.endForm,
      Math.min(drawn.moment.instant + drawn.length, LATEST),
      timezone,
      'end',
    );
    const asked = drawn.dimensions?.filter((name) => !drawn.anon || goesWith(name, 'anon')) ?? [];
    const groupBy = asked.length === 0 ? ['time'] : asked;
    const code = OWNERS[drawn.owner]?.[drawn.code] ?? '';
    const query: [string, string][] = [['timezone', timezone]];
    if (drawn.range === undefined) query.push(['start_date', start.text], ['end_date', end.text]);
    else query.push(['range', drawn.range]);
    if (drawn.anon) query.push(['scope', 'anon'], ['short_code', code]);
    else if (drawn.asker === 'admin') query.push(['owner_id', drawn.owner]);
    else if (drawn.asker === 'every') query.push(['scope', 'all'], ['owner_id', '*']);
    if (asked.length > 0) query.push(['group_by', asked.join(', ')]);
    if (drawn.metrics !== null) query.push(['metrics', drawn.metrics.join(',')]);
    for (const name of ['interval', 'week_start', 'breakdown', 'bots', 'limit', 'offset', 'other'] as const) {
      if (drawn[name] !== null) query.push([name, ` ${drawn[name]} `]);
    }
    // A number stands for one of the dimensions asked for.
    const by = typeof drawn.sort?.by === 'number' ? groupBy[drawn.sort.by % groupBy.length] : drawn.sort?.by;
    const isSorted = by !== undefined && (by !== 'change' || drawn.compared !== undefined);
    const sort = isSorted ? `${drawn.sort?.minus}${by}` : undefined;
    if (sort !== undefined) query.push(['sort', sort]);
    const compared = drawn.compared && compareWith(drawn.compared, timezone);
    if (compared !== undefined) query.push(...compared.query);
    const filters: Record<string, readonly string[] | Readonly<Record<string, readonly string[]>>> = {};
    const json: Record<string, unknown> = {};
    for (const [name, given] of drawn.tree === undefined ? Object.entries(drawn.filters) : []) {
      if (drawn.anon && isFilterName(name) && !goesWith(name, 'anon')) continue;
      const { operator } = given;
      const [isPlain, parameter] = operator === 'is' ? [true, name] : [false, `${name}.${operator}`];
      const shown = given.json.length === 1 ? (given.json[0] ?? '') : given.json;
      if (given.json.length > 0) json[name] = isPlain ? shown : { [operator]: shown };
      const parts = given.single.map(escaped);
      if (given.twice) query.push(...parts.map((part): [string, string] => [parameter, part]));
      else if (parts.length > 0) query.push([parameter, parts.join(',')]);
      const values = [...given.json, ...given.single];
      if (values.length > 0) filters[name] = isPlain ? values : { [operator]: values };
    }
    if (drawn.tree !== undefined) query.push(['filters', JSON.stringify(drawn.tree)]);
    else if (Object.keys(json).length > 0) query.push(['filters', JSON.stringify(json)]);
    return {
      range: drawn.range,
      query,
      compared: compared?.compare,
      keyOf: drawn.asker === 'owner' ? drawn.owner : undefined,
      question: {
        subject: drawn.anon
          ? { scope: 'anon', shortCode: code }
          : { scope: 'all', ownerId: drawn.asker === 'every' ? undefined : drawn.owner },
        start: start.instant,
        end: end.instant,
        timezone,
        interval: drawn.interval ?? undefined,
        weekStart: drawn.week_start ?? 'monday',
        groupBy,
        metrics: inOrder(drawn.metrics ?? DEFAULT_METRICS),
        breakdown: drawn.breakdown ?? groupBy.length === 2,
        filters: drawn.tree ?? filters,
        bots: drawn.bots ?? 'include',
        limit: drawn.limit ?? 1_000,
        offset: drawn.offset ?? 0,
        other: drawn.other ?? false,
        sort,
      },
    } satisfies Asked;
  });

/** A random question's parameters as a client sends them, and whose code it names where it is about one URL. */
export interface RandomQuestion {
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly subject: Question['subject'];
  readonly ownerOfCode: string | undefined;
}

/** Fills a Spoor with random clicks of several owners, then compares random questions with a count by hand. */
export async function compareWithReference(
  target: Target,
  options: {
    readonly clicks: number;
    readonly questions: number;
    readonly milliseconds: number;
    /** Further answers to a question, which must be the same. */
    readonly alsoAnswer?: (question: RandomQuestion) => Promise<readonly object[]>;
  },
): Promise<void> {
  const sample = fc.sample(clicks, options.clicks);
  const known = sample.map((click) => click.known);
  const keys = new Map<string, string>();
  for (const owner of Object.keys(OWNERS)) {
    const key = await createKey(target, owner);
    keys.set(owner, key);
    const own = sample.filter((click) => click.known.ownerId === owner).map((click) => click.sent);
    const answer = await call(target, key, 'POST', '/api/v1/clicks', JSON.stringify(own));
    expect([answer.status, answer.json]).toEqual([200, { accepted: own.length, rejected: [] }]);
    for (const code of OWNERS[owner] ?? []) {
      const body = JSON.stringify({ owner_id: owner, tags: tagsOf(code) });
      const put = await call(
        target,
        target.adminKey,
        'PUT',
        `/api/v1/urls/${encodeURIComponent(code)}`,
        body,
      );
      expect(put.json.tags).toEqual(tagsOf(code));
    }
  }
  const batch: InBatch[] = [];
  await fc.assert(
    fc.asyncProperty(questions, async ({ range, query, question: drawn, compared, keyOf }) => {
      const key = (keyOf === undefined ? undefined : keys.get(keyOf)) ?? target.adminKey;
      const path = `/api/v1/stats?${new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString()}`;
      const { status, json } = await call(target, key, 'GET', path);
      const question = questionAt(Date.parse(json.generated_at), { range, question: drawn }, known);
      const wrongField = refusedField(question, compared);
      if (wrongField !== undefined) {
        expect([status, json.code, json.field]).toEqual([400, 'validation_error', wrongField]);
        return;
      }
      expect([status, json.code]).toEqual([200, undefined]);
      // A range by its name is another one by then.
      const further =
        range === undefined ? await options.alsoAnswer?.(asRandomQuestion(query, question)) : [];
      const before = compared && periodToCompare(question, compared);
      const expected = expectedAnswer(question, known, before);
      if (before !== undefined) expected['previous'] = expectedPrevious(question, before, known);
      for (const whole of [json, ...(further ?? [])]) {
        const { generated_at: _, ...answer } = whole;
        expect(answer).toEqual(expected);
        // Once more as text, because the order of lists and fields is part of an answer.
        expect(JSON.stringify(answer.metrics)).toBe(JSON.stringify(expected['metrics']));
      }
      if (range !== undefined) return;
      const sent = {
        ...asJson(query),
        ...(keyOf !== undefined && question.subject.scope === 'all' ? { owner_id: keyOf } : {}),
      };
      batch.push({ sent, expected });
      for (const { isCompared, ...other } of besides(question)) {
        const beside = { ...question, ...other };
        const own = isCompared ? before : undefined;
        const expectedBeside = expectedAnswer(beside, known, own);
        if (own !== undefined) expectedBeside['previous'] = expectedPrevious(beside, own, known);
        const { groupBy: group_by, sort = null, ...others } = other;
        const alone = isCompared ? {} : { compare: null, match: null };
        batch.push({ sent: { ...sent, ...others, ...alone, group_by, sort }, expected: expectedBeside });
      }
      if (batch.length > 20) await checkBatch(target, batch.splice(0));
    }),
    { numRuns: options.questions, interruptAfterTimeLimit: options.milliseconds },
  );
  if (batch.length > 0) await checkBatch(target, batch.splice(0));
}

/** What is asked about the same clicks beside a question: other lists, in other buckets, ordered and cut in other ways. */
function besides(question: Question) {
  const isOfNumbers = [...METRIC_NAMES, 'change'].some((name) => question.sort?.endsWith(name));
  // A last row unites what one limit cuts off.
  const cut = question.other ? {} : { limit: 2, offset: 1 };
  return [
    {
      groupBy: ['os'],
      breakdown: false,
      sort: isOfNumbers ? question.sort : '-os',
      isCompared: true,
      ...cut,
    },
    {
      groupBy: ['time', 'weekday'],
      breakdown: false,
      interval: 'quarter',
      sort: undefined,
      isCompared: false,
    },
    {
      isCompared: false,
      groupBy: ['os', 'time'],
      breakdown: true,
      interval: question.interval === 'month' ? 'year' : 'month',
      sort: 'unique_clicks',
      ...(question.other ? {} : { limit: 3, offset: 0 }),
    },
  ] as const;
}

/** A question among others, and what answers it. */
interface InBatch {
  readonly sent: object;
  readonly expected: object;
}

/** Asks questions at once, each with the numbers that it has by itself. */
async function checkBatch(target: Target, batch: readonly InBatch[]): Promise<void> {
  const body = JSON.stringify({ queries: [...batch, ...batch.slice(0, 1)].map(({ sent }) => sent) });
  const { status, json } = await call(target, target.adminKey, 'POST', '/api/v1/stats/query', body);
  expect(status).toBe(200);
  const results: {
    readonly status: number;
    readonly view: number;
    readonly body: { generated_at?: string };
  }[] = json.results;
  const bodies = results.map(({ body }) => {
    const { generated_at: _, ...answer } = body;
    return answer;
  });
  expect(results.flatMap((one) => (one.status === 200 ? [] : [one.body]))).toEqual([]);
  expect(bodies).toEqual([...batch, ...batch.slice(0, 1)].map(({ expected }) => expected));
  expect(results.map((result) => result.status)).toEqual(results.map(() => 200));
  expect(results.at(-1)?.view).toBe(results[0]?.view);
}

/** The parameters of a query string as a JSON object. */
function asJson(query: readonly (readonly [string, string])[]): Readonly<Record<string, unknown>> {
  const values = (name: string) => query.filter(([other]) => other === name).map(([, value]) => value);
  return Object.fromEntries(
    query.map(([name, value]): [string, unknown] => {
      if (name === 'filters') return [name, JSON.parse(value)];
      const all = values(name);
      return [name, all.length === 1 ? value : all.map((one) => one.replaceAll('\\,', ','))];
    }),
  );
}

/** A question as it is asked at a moment, which does not matter where its range has no name. */
function questionAt(
  now: number,
  { range, question }: Pick<Asked, 'range' | 'question'>,
  clicks: readonly KnownClick[],
): Question {
  const { interval, weekStart, ...rest } = question;
  const moment = Number.isNaN(now) ? Date.now() : now;
  const named = range && rangeByName(range, moment, rest.timezone);
  const oldest = (): number =>
    Math.min(...clicks.filter((click) => isOf(rest.subject, click)).map(({ clickedAt }) => clickedAt));
  const [start, end] = named === undefined ? [rest.start, rest.end] : [named.start ?? oldest(), named.end];
  return {
    ...rest,
    start,
    end,
    endsNow: end === moment,
    interval: withWeekStart(interval ?? intervalByRange(start, end), weekStart),
  };
}

const FILTERS_A_QUERY = 20;

/** The local time that filters by hour and weekday are about, and the tags. */
const LOCAL = { timezone: 'UTC', range: { start: 0, end: LATEST }, taggedUrls: GIVEN_TAGS };

/**
 * Compares random filters over all clicks, which `compareWithReference` has sent, with those that a count by hand finds.
 * Questions have so much else that few of them show what an operator finds.
 */
export async function compareFilters(
  {
    rows,
    sharding,
  }: {
    readonly rows: (query: Sql) => Promise<readonly (readonly unknown[])[]>;
    readonly sharding: Sharding | undefined;
  },
  options: { readonly clicks: number; readonly filters: number },
): Promise<void> {
  const known = fc.sample(clicks, options.clicks).map((click) => click.known);
  const one = fc.oneof(
    fc.constantFrom(...FILTER_NAMES).chain(conditionOf),
    groupOf(FILTER_NAMES, ['or', 'not'], 2),
  );
  const drawn = fc.sample(one, options.filters);
  for (let from = 0; from < drawn.length; from += FILTERS_A_QUERY) {
    const some = drawn.slice(from, from + FILTERS_A_QUERY);
    const clicks = sql`FROM ${clicksFrom(sharding).from}`;
    const counts = some.map((filter, index) => {
      const parsed = parseFilters({ filters: JSON.stringify(filter) }, 'all');
      return sql`countIf(${join(
        parsed.map((filter, place) =>
          filterSql(filter, {
            query: LOCAL,
            clicks,
            name: sharding === undefined ? `tried_${index}_${place}` : undefined,
          }),
        ),
        ' AND ',
      )})`;
    });
    const names = some.map((_, index) => identifier(`count_${index}`));
    const selected = counts.map((count, index) => sql`${count} AS ${names[index] ?? EMPTY}`);
    const counted = sql`SELECT ${join(selected, ', ')} ${clicks}`;
    const all = names.map((name) => sql`sum(${name})`);
    const [found] = await rows(
      sharding === undefined
        ? counted
        : sql`SELECT ${join(all, ', ')} FROM ${onEachShard(sharding, counted)}`,
    );
    const expected = some.map(
      (filter) => known.filter((click) => holds(filter, click, LOCAL.timezone)).length,
    );
    expect(some.map((filter, index) => [JSON.stringify(filter), Number(found?.[index])])).toEqual(
      some.map((filter, index) => [JSON.stringify(filter), expected[index]]),
    );
  }
}

function asRandomQuestion(
  query: readonly (readonly [string, string])[],
  { subject }: Question,
): RandomQuestion {
  const values = (name: string) => query.filter(([other]) => other === name).map(([, value]) => value);
  return {
    query: Object.fromEntries(query.map(([name]) => [name, values(name)])),
    subject,
    ownerOfCode:
      subject.scope === 'all'
        ? undefined
        : Object.keys(OWNERS).find((owner) => OWNERS[owner]?.includes(subject.shortCode)),
  };
}

/** The parameter that makes a question impossible. */
function refusedField(question: Question, compared: KnownCompare | undefined): string | undefined {
  if (question.start > question.end) return 'start_date';
  const hasTooMany = (range: Pick<Question, 'start' | 'end'>): boolean =>
    question.groupBy.includes('time') && bucketsOf({ ...question, ...range }).length > MOST_BUCKETS;
  if (hasTooMany(question)) return 'interval';
  return typeof compared?.to === 'object' && hasTooMany(compared.to) ? 'compare' : undefined;
}

async function createKey(target: Target, owner: string): Promise<string> {
  const body = JSON.stringify({ owner_id: owner, name: 'random', scopes: ['stats:read', 'clicks:write'] });
  const { status, json } = await call(target, target.adminKey, 'POST', '/api/v1/keys', body);
  expect(status).toBe(201);
  return json.key;
}

async function call(target: Target, key: string, method: string, path: string, body?: string) {
  const response = await fetch(target.url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  documentJudge.check({
    method,
    path,
    status: response.status,
    type: response.headers.get('content-type'),
    text,
  });
  const json: any = JSON.parse(text);
  return { status: response.status, json };
}
