import { INTERVALS, type IntervalName, intervalMinutes } from '../../src/stats/registry/intervals.ts';
import { METRICS, METRIC_NAMES, type MetricName } from '../../src/stats/registry/metrics.ts';
import type { RangeName } from '../../src/stats/registry/ranges.ts';
import { shownAt } from './local-clock.ts';

/**
 * Statistics by counting one click after another. Of Spoor's own code it takes only what the registries promise to
 * the outside (names, minutes, `display_format`); clocks, buckets, filters, orders and percentages are its own.
 */
export interface KnownClick {
  readonly ownerId: string;
  /** Unix milliseconds. */
  readonly clickedAt: number;
  /** The same for two clicks exactly where address and user agent are. */
  readonly visitor: string;
  readonly isBot: boolean;
  readonly redirectMs: number | undefined;
  /** The tags of its URL. */
  readonly tags: readonly string[];
  /** The click's value in each dimension but time, tag, and those in `COMPUTED`. */
  readonly values: Readonly<Record<string, string>>;
}

/** A question with every default filled in. */
export interface Question {
  /** Every owner where `ownerId` is undefined. */
  readonly subject:
    | { readonly scope: 'all'; readonly ownerId: string | undefined }
    | { readonly scope: 'anon'; readonly shortCode: string };
  /** Unix milliseconds, both included. */
  readonly start: number;
  readonly end: number;
  /** Whether the end is when it was asked. */
  readonly endsNow?: boolean;
  readonly timezone: string;
  readonly interval: IntervalName;
  readonly groupBy: readonly string[];
  readonly metrics: readonly MetricName[];
  readonly breakdown: boolean;
  /** In their normal form, as the answer repeats them. */
  readonly filters: KnownFilters;
  readonly bots: 'include' | 'exclude' | 'only';
  readonly limit: number;
  readonly offset: number;
  readonly other: boolean;
  /** A metric or dimension, `-` before it for the largest first. */
  readonly sort: string | undefined;
}

/** Values by dimension, or values by operator beside `case_sensitive`; or the array form. */
export type KnownFilters = Readonly<Record<string, KnownValues>> | readonly unknown[];
type KnownValues = readonly string[] | Readonly<Record<string, readonly string[] | boolean>>;

export interface KnownBucket {
  /** Unix milliseconds. */
  readonly start: number;
  readonly label: string;
}

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A question of more buckets is refused; walking stops at the first that is too many. */
export const MOST_BUCKETS = 10_000;

/** @param firsts the first click of each visitor, of all that are known */
type Measure = (clicks: readonly KnownClick[], firsts: ReadonlySet<KnownClick>) => number | null;

/** How each metric is counted by hand, an instant in Unix milliseconds. One that is left out does not compile. */
const MEASURES: Readonly<Record<MetricName, Measure>> = {
  clicks: (clicks) => clicks.length,
  unique_clicks: visitorsOf,
  bot_clicks: (clicks) => clicks.filter(({ isBot }) => isBot).length,
  first_click: (clicks) => ascending(clicks.map(({ clickedAt }) => clickedAt))[0] ?? null,
  last_click: (clicks) => ascending(clicks.map(({ clickedAt }) => clickedAt)).at(-1) ?? null,
  avg_redirection_time: (clicks) => {
    const times = redirectTimes(clicks);
    return twoDecimals(times.reduce((sum, one) => sum + one, 0) / Math.max(1, times.length));
  },
  human_clicks: (clicks) => clicks.filter(({ isBot }) => !isBot).length,
  p50_redirection_time: (clicks) => percentileInc(redirectTimes(clicks), 0.5),
  p95_redirection_time: (clicks) => percentileInc(redirectTimes(clicks), 0.95),
  p99_redirection_time: (clicks) => percentileInc(redirectTimes(clicks), 0.99),
  clicks_per_visitor: (clicks) =>
    clicks.length === 0 ? 0 : percent(clicks.length, visitorsOf(clicks) * 100),
  new_visitors: (clicks, firsts) => visitorsOf(clicks.filter((click) => firsts.has(click))),
  returning_visitors: (clicks, firsts) =>
    visitorsOf(clicks) - visitorsOf(clicks.filter((click) => firsts.has(click))),
};

/** Visitors' first clicks; of several at one moment, each is. */
function firstClicks({ subject }: Question, clicks: readonly KnownClick[]): ReadonlySet<KnownClick> {
  const firsts = new Map<string, KnownClick[]>();
  for (const click of clicks) {
    if (subject.scope === 'anon' && click.values['short_code'] !== subject.shortCode) continue;
    const visitor = JSON.stringify([click.ownerId, click.visitor]);
    const known = firsts.get(visitor);
    const order = known === undefined ? -1 : click.clickedAt - (known[0]?.clickedAt ?? 0);
    if (order < 0) firsts.set(visitor, [click]);
    else if (order === 0) known?.push(click);
  }
  return new Set([...firsts.values()].flat());
}

function visitorsOf(clicks: readonly KnownClick[]): number {
  return new Set(clicks.map(({ visitor }) => visitor)).size;
}

function redirectTimes(clicks: readonly KnownClick[]): readonly number[] {
  return clicks.flatMap(({ redirectMs }) => (redirectMs === undefined ? [] : [redirectMs]));
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b);
}

/** As a spreadsheet's PERCENTILE.INC: between the two values around the place, in proportion. */
function percentileInc(values: readonly number[], share: number): number | null {
  const sorted = ascending(values);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return null;
  return twoDecimals(below + (above - below) * (place % 1));
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}

export const COUNTRY_NAMES: Readonly<Record<string, string>> = {
  'United States': 'US',
  Turkey: 'TR',
  Türkiye: 'TR',
  'Czech Republic': 'CZ',
  'Hong Kong': 'HK',
  Germany: 'DE',
  Unknown: 'XX',
};

/** What the dashboard calls the countries that clicks are from. */
export const SHOWN_COUNTRIES: Readonly<Record<string, string>> = {
  US: 'United States',
  TR: 'Türkiye',
  CZ: 'Czechia',
  HK: 'Hong Kong SAR China',
  DE: 'Germany',
  XX: 'Unknown',
};

/** The answer to a question, all of it but `generated_at`. */
export function expectedAnswer(
  question: Question,
  clicks: readonly KnownClick[],
  before?: Pick<Question, 'start' | 'end'> | null,
): Record<string, unknown> {
  const counted = clicks.filter((click) => isAskedFor(question, click));
  const firsts = firstClicks(question, clicks);
  const buckets = question.groupBy.includes('time') ? bucketsOf(question) : [];
  const comparing = comparer(question, clicks, before);
  const summary = summaryOf(question, counted, firsts);
  const metrics: Record<string, unknown> = {};
  const groupCounts: Record<string, number> = {};
  const singles = question.groupBy.map((name) => [name]);
  const lists = question.breakdown && question.groupBy.length > 1 ? [...singles, question.groupBy] : singles;
  for (const dimensions of lists) {
    const name = dimensions.join('_');
    const compared = comparing(dimensions);
    const { groups, shown } = groupsOf(question, dimensions, { counted, firsts }, buckets, compared);
    if (name !== 'time') groupCounts[name] = groups;
    for (const metric of question.metrics) {
      const total = Number(MEASURES[metric](counted, firsts));
      metrics[`${metric}_by_${name}`] = shown.map((group) => {
        const value = MEASURES[metric](group.clicks, firsts);
        return {
          ...fieldsOf(dimensions, group.parts, buckets, question.timezone),
          ...(group.others === undefined ? {} : { other: true }),
          [metric]: shownAs(metric, value, question.timezone),
          ...(METRICS[metric].hasPercentage
            ? { [`${metric}_percentage`]: percent(Number(value), total) }
            : {}),
          ...compared(metric, group, value),
        };
      });
    }
  }
  return {
    scope: question.subject.scope,
    ...(question.subject.scope === 'anon' ? { short_code: question.subject.shortCode } : {}),
    api_version: 'v1',
    filters: question.filters,
    group_by: question.groupBy,
    timezone: question.timezone,
    time_range: {
      start_date: written(question.start, question.timezone),
      end_date: written(question.end, question.timezone),
      clamped: false,
      window_days: Math.max(1, Math.round((question.end - question.start) / 86_400_000)),
    },
    ...(question.groupBy.includes('time') ? { time_bucket_info: bucketInfo(question) } : {}),
    summary,
    ...(counted.length === 0 ? {} : { computed_metrics: computedOf(counted) }),
    metrics,
    group_counts: groupCounts,
  };
}

/** What a row says of the period that it is compared with. */
type Compared = (
  metric: MetricName,
  group: Group,
  value: number | null,
) => { readonly previous?: unknown; readonly change?: number | null };

/**
 * What rows say of the period that they are compared with: nothing where there is none. Buckets correspond by their place.
 */
function comparer(
  question: Question,
  clicks: readonly KnownClick[],
  before: Pick<Question, 'start' | 'end'> | null | undefined,
): (dimensions: readonly string[]) => Compared {
  if (before === undefined) return () => () => ({});
  if (before === null) return () => () => ({ previous: null, change: null });
  const then = { ...question, ...before, limit: Infinity, offset: 0, other: false, sort: undefined };
  const firsts = firstClicks(then, clicks);
  const counted = clicks.filter((click) => isAskedFor(then, click));
  const buckets = question.groupBy.includes('time') ? bucketsOf(then) : [];
  return (dimensions) => {
    const { shown } = groupsOf(then, dimensions, { counted, firsts }, buckets);
    const found = new Map(shown.map((group) => [JSON.stringify(group.parts), group.clicks]));
    const time = dimensions.indexOf('time');
    return (metric, { parts, others }, value) => {
      if (time >= 0 && Number(parts[time]) >= buckets.length) return { previous: null, change: null };
      const inRest = shown.filter(
        (group) =>
          others?.has(JSON.stringify(group.parts)) === false &&
          (time < 0 || group.parts[time] === parts[time]),
      );
      const clicksThen =
        others === undefined
          ? (found.get(JSON.stringify(parts)) ?? [])
          : inRest.flatMap((group) => group.clicks);
      const previous = MEASURES[metric](clicksThen, firsts);
      const isNumber = METRICS[metric].kind !== 'instant';
      return {
        previous: shownAs(metric, previous, question.timezone),
        change: isNumber && value !== null && previous !== null ? changeOf(value, previous) : null,
      };
    };
  };
}

/** By whole numbers: hundredths of a percent, halves up. */
function changeOf(value: number, previous: number): number | null {
  const [now, then] = [Math.round(value * 100), Math.round(previous * 100)];
  return then === 0 ? null : Math.floor((20_000 * (now - then) + then) / (2 * then)) / 100;
}

/** What `compare` adds to the answer: another period, of which only totals and time's lists are shown. */
export function expectedPrevious(
  question: Question,
  before: Pick<Question, 'start' | 'end'> | null,
  clicks: readonly KnownClick[],
): unknown {
  if (before === null) return null;
  const isByTime = question.groupBy.includes('time');
  const { summary, computed_metrics, metrics } = expectedAnswer(
    { ...question, ...before, groupBy: isByTime ? ['time'] : [], breakdown: false },
    clicks,
  );
  return {
    time_range: {
      start_date: written(before.start, question.timezone),
      end_date: written(before.end, question.timezone),
    },
    summary,
    ...(computed_metrics === undefined ? {} : { computed_metrics }),
    ...(isByTime ? { metrics } : {}),
  };
}

const OLDEST = Date.UTC(2000, 0, 1);

/**
 * From a local midnight until now as many local days, the last one as far as today; of a month so far the month before as
 * far. Else as many milliseconds. null where all of it lies before 2000.
 */
export function periodBefore({
  start,
  end,
  endsNow = false,
  timezone,
}: Pick<Question, 'start' | 'end' | 'endsNow' | 'timezone'>): Pick<Question, 'start' | 'end'> | null {
  const midnightOf = (instant: number): number =>
    Math.floor((instant + offsetOf(timezone, instant)) / DAY) * DAY;
  const isDay = (midnight: number): boolean =>
    startOfDay(timezone, midnight) < startOfDay(timezone, midnight + DAY);
  const [first, last] = [midnightOf(start), midnightOf(end)];
  let [from, to] = [start - (end - start) - 1, start - 1];
  if (endsNow && start === startOfDay(timezone, first)) {
    let days = 0;
    for (let day = first; day <= last; day += DAY) if (isDay(day)) days++;
    const before: number[] = [];
    for (let day = first - DAY; before.length < days; day -= DAY) if (isDay(day)) before.push(day);
    let [begins = first, ends = first] = [before.at(-1), before[0]];
    const [month, year] = [new Date(first).getUTCMonth(), new Date(first).getUTCFullYear()];
    const isMonth = new Date(first).getUTCDate() === 1 && new Date(last).getUTCMonth() === month;
    if (isMonth && last > first && last - first < 31 * DAY) {
      begins = Date.UTC(year, month - 1, 1);
      ends = begins + last - first;
    }
    from = startOfDay(timezone, begins);
    const sameTime = instantOfWall(timezone, ends + end + offsetOf(timezone, end) - last, 'start');
    if (ends < first) to = Math.min(to, sameTime);
  }
  return to < OLDEST ? null : { start: from, end: to };
}

/** A range by its name, asked for at a moment; it begins with the oldest click where `start` is undefined. */
export function rangeByName(
  name: RangeName,
  now: number,
  timezone: string,
): Pick<Question, 'end'> & { readonly start: number | undefined } {
  const today = Math.floor((now + offsetOf(timezone, now)) / DAY) * DAY;
  const begin = (midnight: number): number => startOfDay(timezone, midnight);
  const [year, month] = [new Date(today).getUTCFullYear(), new Date(today).getUTCMonth()];
  // A day that a zone skipped begins when the next one does.
  const days = Array.from({ length: 40 }, (_, index) => today - index * DAY).filter(
    (midnight) => begin(midnight) < begin(midnight + DAY),
  );
  switch (name) {
    case 'today':
      return { start: begin(today), end: now };
    case 'yesterday':
      return { start: begin(days[1] ?? 0), end: endOfDay(timezone, days[1] ?? 0) };
    case 'last_7_days':
      return { start: begin(days[6] ?? 0), end: now };
    case 'last_30_days':
      return { start: begin(days[29] ?? 0), end: now };
    case 'last_week': {
      const sunday = today - (((new Date(today).getUTCDay() + 6) % 7) + 1) * DAY;
      return { start: begin(sunday - 6 * DAY), end: endOfDay(timezone, sunday) };
    }
    case 'this_month':
      return { start: begin(Date.UTC(year, month, 1)), end: now };
    case 'last_month':
      return {
        start: begin(Date.UTC(year, month - 1, 1)),
        end: endOfDay(timezone, Date.UTC(year, month, 0)),
      };
    case 'this_year':
      return { start: begin(Date.UTC(year, 0, 1)), end: now };
    case 'all':
      return { start: undefined, end: now };
  }
}

/** The interval of a range (Unix ms) where none is asked for. */
export function intervalByRange(start: number, end: number): IntervalName {
  const length = end - start;
  if (length <= HOUR) return '10_minute';
  if (length <= 25 * HOUR) return 'hour';
  if (length <= 93 * DAY) return 'day';
  return length <= 371 * DAY ? 'week' : 'month';
}

function isAskedFor(question: Question, click: KnownClick): boolean {
  const { subject, start, end, filters, bots } = question;
  if (!isOf(subject, click)) return false;
  if (click.clickedAt < start || click.clickedAt > end) return false;
  if (bots !== 'include' && click.isBot !== (bots === 'only')) return false;
  return holds(filters, click, question.timezone);
}

/** Whether a click is of the subject of a question. */
export function isOf(subject: Question['subject'], click: KnownClick): boolean {
  if (subject.scope === 'anon') return click.values['short_code'] === subject.shortCode;
  return subject.ownerId === undefined || click.ownerId === subject.ownerId;
}

/** The dimensions that follow from the rest of a click, and from the time zone of the question. */
export const COMPUTED = {
  continent: ({ values }) => CONTINENTS[values['country'] ?? ''] ?? 'Unknown',
  referrer_host: ({ values: { referrer = 'Direct' } }) =>
    referrer === 'Direct' ? referrer : new URL(referrer).host,
  channel: ({ values }) => {
    const { utm_medium: medium = '(none)', referrer = 'Direct' } = values;
    const host = referrer === 'Direct' ? '' : new URL(referrer).hostname;
    if (values['ad_parameter'] || medium.toLowerCase() === 'cpc') return 'Paid';
    if (medium.toLowerCase() === 'email') return 'Email';
    if (host === '') return medium === '(none)' ? 'Direct' : 'Other';
    return host === values['domain'] ? 'Internal' : (CHANNELS[host] ?? 'Other');
  },
  hour_of_day: (click, zone) => String(wallOf(click, zone).getUTCHours()),
  // Sunday is JavaScript's first day.
  weekday: (click, zone) => String(wallOf(click, zone).getUTCDay() || 7),
} as const satisfies Record<string, (click: KnownClick, zone: string) => string>;

const CONTINENTS: Readonly<Record<string, string>> = {
  US: 'North America',
  TR: 'Asia',
  CZ: 'Europe',
  DE: 'Europe',
  FR: 'Europe',
  HK: 'Asia',
};

const CHANNELS: Readonly<Record<string, string>> = {
  'google.com': 'Search',
  'news.google.com': 'News',
  'mail.google.com': 'Email',
  'chatgpt.com': 'AI',
};

/** What a dimension shows of a click. */
function valueOf(click: KnownClick, name: string, zone: string): string {
  const computed = Object.entries(COMPUTED).find(([known]) => known === name)?.[1];
  return computed?.(click, zone) ?? click.values[name] ?? '';
}

/** What a dimension shows of a click, which counts under each. */
export function valuesOf(click: KnownClick, name: string, zone: string): readonly string[] {
  if (name !== 'tag') return [valueOf(click, name, zone)];
  return click.tags.length === 0 ? ['(none)'] : click.tags;
}

function wallOf({ clickedAt }: KnownClick, zone: string): Date {
  return new Date(clickedAt + offsetOf(zone, clickedAt));
}

/** Whether a filter in its normal form holds for a click. */
export function holds(filter: unknown, click: KnownClick, zone: string): boolean {
  const found = (name: unknown, operator: unknown, values: unknown, caseSensitive: boolean): boolean => {
    const test = (stored: string): boolean =>
      isFound(String(name), String(operator), values, { caseSensitive, stored });
    const shown = valuesOf(click, String(name), zone);
    return String(operator).includes('not') ? shown.every(test) : shown.some(test);
  };
  if (!Array.isArray(filter)) {
    return Object.entries(Object(filter)).every(([name, given]) => {
      if (Array.isArray(given)) return found(name, 'is', given, true);
      const { case_sensitive: caseSensitive = true, ...lists } = Object(given);
      return Object.entries(lists).every(([operator, values]) =>
        found(name, operator, values, caseSensitive === true),
      );
    });
  }
  const [head, first, values, options]: readonly unknown[] = filter;
  if (head === 'not') return !holds(first, click, zone);
  if (head === 'and' && Array.isArray(first)) return first.every((one) => holds(one, click, zone));
  if (head === 'or' && Array.isArray(first)) return first.some((one) => holds(one, click, zone));
  return found(first, head, values, Object(options).case_sensitive !== false);
}

function isFound(
  name: string,
  operator: string,
  values: unknown,
  { caseSensitive, stored }: { readonly caseSensitive: boolean; readonly stored: string },
): boolean {
  const wanted = Array.isArray(values) ? values.map(String) : [];
  const isNegative = operator.includes('not');
  const fold = caseSensitive ? (text: string): string => text : folded;
  const texts = textsOf(name, stored);
  const found = (test: (text: string, value: string) => boolean): boolean =>
    wanted.some((value) => texts.some((text) => test(fold(text), fold(value)))) !== isNegative;
  switch (operator) {
    case 'is':
    case 'is_not':
      return wanted.some((one) => matches(name, stored, one, fold)) !== isNegative;
    case 'contains':
    case 'does_not_contain':
      return found((text, value) => text.includes(value));
    case 'starts_with':
      return found((text, value) => text.startsWith(value));
    case 'ends_with':
      return found((text, value) => text.endsWith(value));
    case 'matches':
    case 'does_not_match': {
      const patterns = wanted.map((value) => new RegExp(value, caseSensitive ? 'us' : 'usi'));
      return patterns.some((pattern) => texts.some((text) => pattern.test(text))) !== isNegative;
    }
    default:
      throw new Error(`The reference does not know the operator ${operator}.`);
  }
}

/** Letter by letter, since the last sigma of a word has a form of its own. */
function folded(text: string): string {
  return Array.from(text, (letter) => letter.toUpperCase().toLowerCase()).join('');
}

/** What parts are looked for in: a country's code and name, a referrer with and without its scheme. */
function textsOf(name: string, stored: string): readonly string[] {
  if (name === 'country') return [stored, SHOWN_COUNTRIES[stored] ?? stored];
  if (name === 'referrer') return [stored, stored.split('://').at(-1) ?? ''];
  return [stored];
}

function matches(name: string, stored: string, wanted: string, fold: (text: string) => string): boolean {
  if (name === 'country') return stored === (COUNTRY_NAMES[wanted] ?? wanted.toUpperCase());
  if (name !== 'referrer' || wanted === 'Direct') return fold(stored) === fold(wanted);
  if (wanted.includes('://')) return fold(stored) === fold(normalised(wanted));
  if (stored === 'Direct') return false;
  const [host = '', ...path] = wanted.replace(/^\/\//, '').replace(/\/$/, '').split('/');
  const url = new URL(stored);
  if (fold(url.host) !== fold(host)) return false;
  return path.length === 0 || fold(stored) === fold(`${url.protocol}//${host}/${path.join('/')}`);
}

function normalised(text: string): string {
  const { protocol, host, pathname } = new URL(text);
  const path = pathname.split(',').join('%2C');
  return `${protocol}//${host}${path.endsWith('/') ? path.slice(0, -1) : path}`;
}

/** What every summary has, in the contract's order; other metrics follow where they are asked for. */
const ALWAYS = [
  ['total_clicks', 'clicks'],
  ['unique_clicks', 'unique_clicks'],
  ['bot_clicks', 'bot_clicks'],
  ['first_click', 'first_click'],
  ['last_click', 'last_click'],
  ['avg_redirection_time', 'avg_redirection_time'],
] as const satisfies readonly (readonly [string, MetricName])[];

function summaryOf(
  { metrics, timezone }: Question,
  clicks: readonly KnownClick[],
  firsts: ReadonlySet<KnownClick>,
) {
  const asked = metrics.filter((name) => !ALWAYS.some(([, metric]) => metric === name));
  return Object.fromEntries(
    [...ALWAYS, ...asked.map((name) => [name, name] as const)].map(([total, metric]) => [
      total,
      shownAs(metric, MEASURES[metric](clicks, firsts), timezone),
    ]),
  );
}

function shownAs(metric: MetricName, value: number | null, timezone: string): number | string | null {
  return METRICS[metric].kind === 'instant' && value !== null ? written(value, timezone) : value;
}

function computedOf(clicks: readonly KnownClick[]) {
  const visitors = visitorsOf(clicks);
  return {
    unique_click_rate: percent(visitors, clicks.length),
    repeat_click_rate: percent(clicks.length - visitors, clicks.length),
    average_clicks_per_visitor: percent(clicks.length, visitors * 100),
  };
}

/** In whole numbers: hundredths of a percent, halves up. */
function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((20_000 * part + whole) / (2 * whole)) / 100;
}

interface Group {
  /** A name for each dimension, a bucket's place for time; null where it is all but `others`. */
  readonly parts: readonly (string | number | null)[];
  readonly clicks: KnownClick[];
  /** The names of the groups that this one, of what a limit cuts off, does not stand for. */
  readonly others?: ReadonlySet<string>;
}

function groupsOf(
  question: Question,
  dimensions: readonly string[],
  { counted, firsts }: { readonly counted: readonly KnownClick[]; readonly firsts: ReadonlySet<KnownClick> },
  buckets: readonly KnownBucket[],
  compared: Compared = () => ({}),
): { readonly groups: number; readonly shown: readonly Group[] } {
  const found = new Map<string, Group>();
  const isTime = dimensions.length === 1 && dimensions[0] === 'time';
  if (isTime) buckets.forEach((_, index) => found.set(`[${index}]`, { parts: [index], clicks: [] }));
  for (const click of counted) {
    const values = dimensions.map((name): readonly (string | number)[] =>
      name === 'time'
        ? [buckets.findLastIndex(({ start }) => start <= click.clickedAt)]
        : valuesOf(click, name, question.timezone),
    );
    for (const parts of combinations(values)) {
      const key = JSON.stringify(parts);
      const group = found.get(key) ?? { parts, clicks: [] };
      group.clicks.push(click);
      found.set(key, group);
    }
  }
  const all = [...found.values()];
  if (isTime) return { groups: all.length, shown: all };
  const byRank = rankBy(question, dimensions, firsts, compared);
  const sorted = all.toSorted(byRank);
  const last = question.offset + question.limit;
  const kept = sorted.slice(question.offset, last);
  const time = dimensions.indexOf('time');
  const bucketOf = (group: Group): number => Number(group.parts[time]);
  if (question.other) {
    const others = new Set(sorted.slice(0, last).map(({ parts }) => JSON.stringify(parts)));
    const cut = sorted.slice(last);
    for (const bucket of new Set(cut.map(bucketOf))) {
      const parts = dimensions.map((name) => (name === 'time' ? bucket : null));
      const united = cut.filter((group) => Object.is(bucketOf(group), bucket));
      kept.push({ parts, clicks: united.flatMap(({ clicks }) => clicks), others });
    }
  }
  const isLast = ({ others }: Group): number => Number(others !== undefined);
  const inOrder = (a: Group, b: Group): number => isLast(a) - isLast(b) || byRank(a, b);
  const shown = kept.toSorted((a, b) => (time < 0 ? 0 : bucketOf(a) - bucketOf(b)) || inOrder(a, b));
  return { groups: all.length, shown };
}

/** One of each list, in all ways. */
function combinations<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return lists.reduce<readonly (readonly T[])[]>(
    (known, list) => known.flatMap((before) => list.map((one) => [...before, one])),
    [[]],
  );
}

/** Dimensions whose values are numbers, some of them at least. */
const NUMERIC = new Set(['browser_version', 'os_version', 'hour_of_day', 'weekday']);

/** The order of a list's groups. */
function rankBy(
  { metrics, sort }: Question,
  dimensions: readonly string[],
  firsts: ReadonlySet<KnownClick>,
  compared: Compared,
): (a: Group, b: Group) => number {
  const first = METRIC_NAMES.find((name) => metrics.includes(name)) ?? 'clicks';
  const [, minus, by = ''] = /^(-?)(.*)$/.exec(sort ?? `-${first}`) ?? [];
  const direction = minus === '-' ? -1 : 1;
  const byNumber = (numberOf: (group: Group) => number | null, sign: number) => {
    const sizes = new Map<Group, number | null>();
    const sizeOf = (group: Group): number | null => {
      const known = sizes.get(group);
      if (known !== undefined) return known;
      const size = numberOf(group);
      sizes.set(group, size);
      return size;
    };
    return (a: Group, b: Group): number => {
      const [left, right] = [sizeOf(a), sizeOf(b)];
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return (left - right) * sign;
    };
  };
  const measured = (name: MetricName) => (group: Group) => MEASURES[name](group.clicks, firsts);
  const changeOf = (group: Group) => compared(first, group, measured(first)(group)).change ?? null;
  const metric = METRIC_NAMES.find((name) => name === by);
  const place = dimensions.indexOf(by);
  const own =
    metric !== undefined
      ? byNumber(measured(metric), direction)
      : by === 'change'
        ? byNumber(changeOf, direction)
        : (a: Group, b: Group): number => {
            if (place < 0) return 0;
            const parts = [a, b].map((group) => group.parts[place] ?? '');
            const [left = '', right = ''] = parts;
            // What is no number stands behind what is one, in either direction.
            const [one = NaN, other = NaN] = NUMERIC.has(by) ? parts.map(Number) : [];
            if (Number.isFinite(one) !== Number.isFinite(other)) return Number.isFinite(one) ? -1 : 1;
            return ((Number.isFinite(one) && one - other) || byParts([left], [right])) * direction;
          };
  const usual = byNumber(measured(first), -1);
  return (a, b) => own(a, b) || (metric === undefined ? usual(a, b) : 0) || byParts(a.parts, b.parts);
}

/** By code points, which is the order of UTF-8's bytes. */
function byParts(a: Group['parts'], b: Group['parts']): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
    if (order !== 0) return order;
  }
  return 0;
}

function fieldsOf(
  dimensions: readonly string[],
  parts: Group['parts'],
  buckets: readonly KnownBucket[],
  zone: string,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  dimensions.forEach((name, index) => {
    const bucket = name === 'time' ? buckets[Number(parts[index])] : undefined;
    if (bucket === undefined) fields[name] = parts[index];
    else Object.assign(fields, { time: bucket.label, bucket_start: written(bucket.start, zone) });
  });
  return fields;
}

function bucketInfo({ interval, timezone }: Question) {
  const { strategy, display_format } = INTERVALS[interval];
  const interval_minutes = intervalMinutes(interval);
  return { strategy, interval_minutes, display_format, mongo_format: display_format, timezone };
}

/**
 * Every bucket of a range, by walking the local clock in steps: a bucket begins where the label changes and, below a
 * day, where the offset does. For zones whose clocks change at a quarter of an hour.
 */
export function bucketsOf({
  interval,
  start,
  end,
  timezone,
}: Pick<Question, 'interval' | 'start' | 'end' | 'timezone'>): readonly KnownBucket[] {
  const { display_format } = INTERVALS[interval];
  const interval_minutes = intervalMinutes(interval);
  const isClock = interval_minutes < 1440;
  const step = isClock ? Math.min(5, interval_minutes) * MINUTE : QUARTER;
  const size = isClock ? interval_minutes * MINUTE : DAY;
  const from = Math.floor((start - 1.2 * interval_minutes * MINUTE - 2 * DAY) / step) * step;
  const found: KnownBucket[] = [];
  let previous = { slot: Number.NaN, offset: Number.NaN, label: '' };
  for (let instant = from; instant <= end; instant += step) {
    const offset = offsetOf(timezone, instant);
    const slot = Math.floor((instant + offset) / size);
    if (slot === previous.slot && (!isClock || offset === previous.offset)) continue;
    // A week that begins on Sunday is named after its first day.
    const named = interval === 'sunday_week' ? slot - new Date(slot * DAY).getUTCDay() : slot;
    const label = strftime(display_format, named * size);
    if (isClock || label !== previous.label) {
      // What lies before the range is only walked through to know where the first bucket begins.
      if (instant <= start) found.length = 0;
      found.push({ start: instant, label });
      if (found.length > MOST_BUCKETS) break;
    }
    previous = { slot, offset, label };
  }
  return found;
}

/** The instant a wall time means: the first of two for `start`, the second for `end`; skipped: the old offset. */
export function instantOfWall(zone: string, wall: number, edge: 'start' | 'end'): number {
  const offsets = new Set<number>();
  for (let instant = wall - DAY; instant <= wall + DAY; instant += QUARTER)
    offsets.add(offsetOf(zone, instant));
  const candidates = [...offsets].map((offset) => wall - offset);
  const shown = candidates.filter((instant) => instant + offsetOf(zone, instant) === wall);
  if (shown.length === 0) return Math.max(...candidates);
  return edge === 'start' ? Math.min(...shown) : Math.max(...shown);
}

/** The first instant of a local day, given as its midnight read as UTC (Unix ms). */
export function startOfDay(zone: string, midnight: number): number {
  let instant = midnight - 15 * HOUR;
  while (instant + offsetOf(zone, instant) < midnight) instant += QUARTER;
  return instant;
}

/** The last millisecond at which the clock shows a local day, or an earlier one, given as its midnight read as UTC. */
export function endOfDay(zone: string, midnight: number): number {
  let instant = midnight + DAY + 15 * HOUR;
  while (instant + offsetOf(zone, instant) >= midnight + DAY) instant -= QUARTER;
  return instant + QUARTER - 1;
}

/** An instant with its offset, `2026-01-24T00:00:00.000-05:00`. */
export function written(instant: number, zone: string): string {
  const offset = offsetOf(zone, instant);
  const east = new Date(Math.abs(offset)).toISOString().slice(11, 16);
  return `${new Date(instant + offset).toISOString().slice(0, -1)}${offset < 0 ? '-' : '+'}${east}`;
}

const offsetTables = new Map<string, Map<number, number | readonly number[]>>();

/** Milliseconds east of UTC; for a day on which it changes, by the quarter of an hour. */
export function offsetOf(zone: string, instant: number): number {
  let table = offsetTables.get(zone);
  if (table === undefined) offsetTables.set(zone, (table = new Map()));
  const day = Math.floor(instant / DAY);
  let entry = table.get(day);
  if (entry === undefined) {
    const at = (moment: number): number => shownAt(zone, moment) - moment;
    const first = at(day * DAY);
    entry =
      first === at((day + 1) * DAY)
        ? first
        : Array.from({ length: DAY / QUARTER }, (_, index) => at(day * DAY + index * QUARTER));
    table.set(day, entry);
  }
  return typeof entry === 'number' ? entry : (entry[Math.floor((instant - day * DAY) / QUARTER)] ?? 0);
}

function strftime(format: string, wall: number): string {
  const date = new Date(wall);
  const text = date.toISOString();
  // The year and the number of an ISO week are those of its Thursday.
  const thursday = new Date(wall + (3 - ((date.getUTCDay() + 6) % 7)) * DAY);
  const week = Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / (7 * DAY)) + 1;
  const fields: Readonly<Record<string, string>> = {
    '%Y': text.slice(0, 4),
    '%m': text.slice(5, 7),
    '%d': text.slice(8, 10),
    '%H': text.slice(11, 13),
    '%M': text.slice(14, 16),
    '%G': String(thursday.getUTCFullYear()),
    '%V': String(week).padStart(2, '0'),
    '%Q': String(Math.floor(date.getUTCMonth() / 3) + 1),
  };
  return format.replace(/%[A-Z]/gi, (field) => fields[field] ?? field);
}

/** The metrics in the order answers show them. */
export function inOrder(metrics: readonly string[]): readonly MetricName[] {
  return (Object.keys(METRICS) as MetricName[]).filter((name) => metrics.includes(name));
}
