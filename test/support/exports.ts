import * as fc from './fast-check.ts';
import { METRIC_NAMES, type MetricName, metricFields } from '../../src/stats/registry/metrics.ts';
import { documentJudge } from './outside.ts';
import { ADMIN_KEY, type SendOptions, type TestSpoor } from './spoor.ts';

export type Query = NonNullable<SendOptions['query']>;
export type Rows = readonly (readonly (string | number | null)[])[];

/** The bytes of an export that must be there. */
export async function download(
  spoor: TestSpoor,
  query: Query,
  key: string | null = ADMIN_KEY,
): Promise<[Uint8Array, Headers]> {
  const url = new URL('/api/v1/export', spoor.url);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) url.searchParams.append(name, one);
  }
  const answer = await fetch(url, { headers: key === null ? {} : { authorization: `Bearer ${key}` } });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const type = answer.headers.get('content-type');
  const text = type?.startsWith('application/json') ? Buffer.from(bytes).toString() : 'a file';
  documentJudge.check({ method: 'GET', path: url.pathname, status: answer.status, type, text });
  if (answer.status !== 200) throw new Error(`${answer.status} ${Buffer.from(bytes).toString()}`);
  return [bytes, answer.headers];
}

/** A text as XML 1.0 can hold it. */
export function allowedInXml(text: string): string {
  return text.replace(/[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g, '\uFFFD');
}

const FORMULA =
  /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u2800\uFFF9-\uFFFB]*[=+@＝＋－＠\t\r\n-]/u;

/** A text as it stands where a spreadsheet might take it for a formula. */
export const neutralised = (cell: string): string => (FORMULA.test(cell) ? `'${cell}` : cell);

/** Signs that show nothing, or a blank, of every kind that there is. */
export const INVISIBLE_SIGNS = [
  [' ', '\u00A0', '\u2003', '\u202F', '\u3000', '\u2800', '\u1680', '\u2028', '\u0085', '\v', '\f'],
  [
    '\u200B',
    '\u200C',
    '\u200D',
    '\u2060',
    '\uFEFF',
    '\u00AD',
    '\u034F',
    '\u061C',
    '\u180E',
    '\u3164',
    '\uFFA0',
  ],
  ['\u200E', '\u202E', '\u2066', '\u2069', '\uFE0F', '\uFFF9', '\u{E0001}', '\u{E0100}', '\u{1D173}'],
  ['\u0001', '\b', '\u001F', '\u007F', '\u009F'],
].flat();

export const FORMULA_SIGNS = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];

export interface Table {
  readonly header: readonly string[];
  readonly rows: Rows;
}

/** An answer's lists as tables, in order; a list without rows has no header known from them. */
export function tablesOf(answer: any, hasOther = false): readonly (readonly [name: string, table: Table])[] {
  return Object.entries<readonly Record<string, string | number | true | null>[]>(answer.metrics).map(
    ([name, list]) => {
      const [metric = '', dimensions = ''] = name.split('_by_');
      const names = dimensionsIn(dimensions, answer.group_by);
      const header = [
        ...names.flatMap((one) => (one === 'time' ? ['time', 'bucket_start'] : [one])),
        ...(hasOther && dimensions !== 'time' ? ['other'] : []),
        ...(isMetric(metric) ? metricFields(metric) : []),
        ...('previous' in answer ? ['previous', 'change'] : []),
      ];
      const cellOf = (value: string | number | true | null = null) => (value === true ? 'true' : value);
      return [name, { header, rows: list.map((row) => header.map((field) => cellOf(row[field]))) }];
    },
  );
}

type LongRow = Readonly<Record<string, string | number | boolean | null>>;

/**
 * An answer's lists as one table: a row for each group, with what all metrics say of it.
 * @param hasOther whether the groups that a limit cuts off have rows
 */
export function longTableOf(answer: any, hasOther = false): readonly LongRow[] {
  const fieldsOf = (name: string) => (name === 'time' ? ['time', 'bucket_start'] : [name]);
  const metrics: readonly string[] = METRIC_NAMES.filter((metric) =>
    Object.keys(answer.metrics).some((name) => name.startsWith(`${metric}_by_`)),
  );
  const isCompared = answer.previous !== undefined;
  const rowsOf = (lists: any, groupBy: readonly string[], before: string): readonly LongRow[] => {
    const suffixes = new Set(Object.keys(lists).map((name) => name.split('_by_')[1] ?? ''));
    return [...suffixes].flatMap((suffix) => {
      const dimensions = dimensionsIn(suffix, groupBy);
      const first: readonly any[] = lists[`${metrics[0]}_by_${suffix}`];
      return first.map((keys, place): LongRow => {
        const rowOf = (metric: string) => lists[`${metric}_by_${suffix}`][place];
        const own = dimensions.flatMap(fieldsOf);
        return {
          list: before + dimensions.join(','),
          ...Object.fromEntries(
            answer.group_by
              .flatMap(fieldsOf)
              .map((field: string) => [field, own.includes(field) ? keys[field] : null]),
          ),
          ...(hasOther ? { other: keys.other ?? false } : {}),
          ...Object.fromEntries(
            metrics
              .filter(isMetric)
              .flatMap((metric) => metricFields(metric).map((field) => [field, rowOf(metric)[field]])),
          ),
          ...Object.fromEntries(
            (isCompared ? metrics : []).flatMap((metric) =>
              ['previous', 'change'].map((field) => [`${metric}_${field}`, rowOf(metric)[field] ?? null]),
            ),
          ),
        };
      });
    });
  };
  return [
    ...rowsOf(answer.metrics, answer.group_by, ''),
    ...(answer.previous?.metrics ? rowsOf(answer.previous.metrics, ['time'], 'previous_') : []),
  ];
}

function isMetric(name: string): name is MetricName {
  return METRIC_NAMES.some((known) => known === name);
}

function dimensionsIn(name: string, groupBy: readonly string[]): readonly string[] {
  return groupBy.includes(name) ? [name] : groupBy;
}

/** The names of the lists' sheets. */
export function sheetNames(lists: readonly string[]): readonly string[] {
  const taken = new Set(['summary']);
  return lists.map((list) => {
    let name = list.slice(0, 31);
    for (let number = 2; taken.has(name.toLowerCase()); number++) {
      const suffix = `~${number}`;
      name = list.slice(0, 31 - suffix.length) + suffix;
    }
    taken.add(name.toLowerCase());
    return name;
  });
}

/** Texts that mean something to a spreadsheet, a markup, a database or a parser. */
export const HOSTILE_TEXTS = [
  ['Chrome', 'Firefox', 'Unknown', '007', '1e5', 'NULL', 'true', '2025-01-01', '=1+1', '+49', '-', '-1'],
  ['@SUM(A1)', '\t=1', '\rx', 'a\nb', 'a\r\nb', '"', 'say "hi", x', "'", 'a,b', '\\', 'a\\,b', '%s%41'],
  ['{p0:String}', ']]>', '<b>&amp;</b>', '\u0001', '\u001F', '\uFFFE', '\uFFFF', '\u2028', '\u0085'],
  ['😀', '\u202Eשלום\u202C', 'e\u0301', 'é', '\uFEFFbom', '__proto__', 'x'.repeat(128), '#REF!'],
  ['\n=1+1', ' =1+1', '\u00A0=1+1', '\u200B=1+1', '\u00AD +1', '\uFEFF@x', '＝1+1', '＋1', '－1', '＠x'],
].flat();

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .map((one) => `r${one.replaceAll('\0', '')}`.replace(/_x/g, '_y')),
);

/** Short codes of hostile clicks. */
export const HOSTILE_CODES = ['007', '1e5', '=1+1', '-', 'a/b?c', 'one, two', '😀', '"q"', '<x>'];

const MOMENTS = [
  ['2025-03-09T07:00Z', '2025-11-02T06:00Z', '2025-04-05T15:00Z', '2025-10-04T15:30Z'],
  ['2024-12-30T00:00Z', '2025-01-01T00:00Z', '2011-12-30T10:00Z'],
]
  .flat()
  .map((one) => Date.parse(one));

/** Moments near those at which clocks change, and others; Unix milliseconds. */
export const hostileMoments = fc
  .tuple(fc.constantFrom(...MOMENTS), fc.integer({ min: -60, max: 60 }), fc.nat(3_599_999))
  .map(([centre, hours, rest]) => centre + hours * 3_600_000 + rest);

/** Clicks as they are sent. */
export const hostileClicks = fc.record({
  short_code: fc.constantFrom(...HOSTILE_CODES),
  clicked_at: hostileMoments.map((instant) => new Date(instant).toISOString()),
  browser: text,
  os: fc.constantFrom('Windows', 'macOS', '=os()', 'Li,nux'),
  city: text,
  country: fc.constantFrom('DE', 'US', 'TR', 'XX'),
  referrer: fc.constantFrom('', 'https://google.com/a,b', "https://example.org/it's", 'https://x.y/<&>'),
  ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'),
  user_agent: fc.constantFrom('Mozilla/5.0 Chrome/131.0', 'Googlebot/2.1 (+http://www.google.com/bot.html)'),
  redirect_ms: fc.option(fc.nat(5_000), { nil: undefined }),
});
