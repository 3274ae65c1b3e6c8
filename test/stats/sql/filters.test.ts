import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { countryNames } from '../../../src/lib/country.ts';
import { sql } from '../../../src/sql/sql.ts';
import type { Filter } from '../../../src/stats/parse/filter.ts';
import type { StatsQuery } from '../../../src/stats/query.ts';
import { DIMENSION_NAMES, FILTER_NAMES } from '../../../src/stats/registry/dimension-names.ts';
import { INTERVAL_NAMES } from '../../../src/stats/registry/intervals.ts';
import { METRIC_NAMES } from '../../../src/stats/registry/metrics.ts';
import { OPERATOR_NAMES, type OperatorName, operatorOf } from '../../../src/stats/registry/operators.ts';
import type { Tenant } from '../../../src/stats/sql/conditions.ts';
import { VISITOR_PLANS } from '../../../src/stats/plan.ts';
import { condition, is } from '../../support/filters.ts';
import { OWNER, QUERY, compiled, linesBetween, readable } from '../../support/stats-sql.ts';

const [CODES = '', NAMES = ''] = [[...countryNames().keys()], [...countryNames().values()]].map((list) =>
  JSON.stringify(list),
);

const THAT_DAY = 'clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"';

describe('the conditions of a read', () => {
  test.each([
    ['an owner', {}, OWNER, ['owner_id = "me"', THAT_DAY]],
    ['every owner', {}, { kind: 'every-owner' }, [THAT_DAY]],
    [
      'a URL',
      {},
      { kind: 'url', ownerId: 'me', shortCode: '007' },
      ['owner_id = "me"', 'short_code = "007"', THAT_DAY],
    ],
    [
      'what is past its retention is not counted',
      { keptSince: Date.parse('2026-01-01T12:00Z') },
      OWNER,
      ['owner_id = "me"', THAT_DAY.replace('01 00:00', '01 12:00')],
    ],
    ['no bots', { bots: 'exclude' }, OWNER, ['owner_id = "me"', THAT_DAY, 'NOT is_bot']],
    ['bots alone', { bots: 'only' }, OWNER, ['owner_id = "me"', THAT_DAY, 'is_bot']],
    [
      'filters in the registry’s order',
      { filters: [is('city', 'Bonn', "Sana'a"), is('browser', 'Chrome')] },
      OWNER,
      ['owner_id = "me"', THAT_DAY, 'browser IN ["Chrome"]', 'city IN ["Bonn","Sana\'a"]'],
    ],
    [
      'countries as codes',
      { filters: [is('country', 'Türkiye', 'DE', 'us')] },
      OWNER,
      ['owner_id = "me"', THAT_DAY, 'country IN ["TR","DE","US"]'],
    ],
    [
      'codes, beside the owner’s condition and never in its place',
      { filters: [is('short_code', 'of another')] },
      OWNER,
      ['owner_id = "me"', THAT_DAY, 'short_code IN ["of another"]'],
    ],
    [
      'a full referrer needs no prefix',
      { filters: [is('referrer', 'https://A.example/x/?q')] },
      OWNER,
      ['owner_id = "me"', THAT_DAY, '(referrer IN ["https://a.example/x","https://a.example./x"])'],
    ],
    [
      'hosts and full referrers',
      { filters: [is('referrer', 'google.com', 'Direct')] },
      OWNER,
      [
        'owner_id = "me"',
        THAT_DAY,
        `(referrer IN ["Direct"] OR extract(referrer, '^[^:/]+://([^/]+)') IN ["google.com","google.com."])`,
      ],
    ],
  ] as const satisfies readonly (readonly [string, Partial<StatsQuery>, Tenant, readonly string[]])[])(
    '%s',
    (_, change, tenant, conditions) => {
      const text = readable({ ...change, groupBy: ['browser', 'os'] }, { tenant });
      const reads = text.split('FROM clicks\n').slice(1);
      expect(reads).toHaveLength(2);
      for (const read of reads) {
        const where = linesBetween(read, 'WHERE', read.includes('GROUP BY') ? 'GROUP BY' : ')');
        expect(where.split('\n').map((line) => line.replace(/^(?:WHERE|AND) /, ''))).toEqual(conditions);
      }
    },
  );
});

describe('the condition of an operator', () => {
  const name = 'transform(country, [codes], [names], country)';
  test.each([
    [is('city', 'a', 'b'), 'city IN ["a","b"]'],
    [condition('is_not', 'city', ['a', 'b']), 'NOT (city IN ["a","b"])'],
    [condition('is', 'city', ['a'], false), 'caseFoldUTF8(city) IN (SELECT caseFoldUTF8(arrayJoin(["a"])))'],
    [condition('contains', 'city', ['%', 'b']), 'multiSearchAny(toLowCardinality(city), ["%","b"])'],
    [condition('does_not_contain', 'city', ['_']), 'NOT (multiSearchAny(toLowCardinality(city), ["_"]))'],
    [
      is('tag', 'a'),
      `(short_code IN (SELECT code FROM [tagged] WHERE url_tag IN ["a"]) OR ("(none)" IN ["a"] AND short_code NOT IN (SELECT code FROM [tagged])))`,
    ],
    [
      condition('does_not_contain', 'tag', ['a']),
      `NOT ((short_code IN (SELECT code FROM [tagged] WHERE multiSearchAny(toLowCardinality(url_tag), ["a"])) OR (multiSearchAny(toLowCardinality("(none)"), ["a"]) AND short_code NOT IN (SELECT code FROM [tagged]))))`,
    ],
    [condition('starts_with', 'city', ['a']), 'startsWith(city, "a")'],
    [condition('starts_with', 'city', ['a', 'b']), '(startsWith(city, "a") OR startsWith(city, "b"))'],
    [condition('ends_with', 'city', ['a']), 'endsWith(city, "a")'],
    [condition('is_not', 'country', ['Germany'], false), 'NOT (country IN ["DE"])'],
    [
      condition('contains', 'country', ['an']),
      `(multiSearchAny(toLowCardinality(country), ["an"]) OR multiSearchAny(toLowCardinality(${name}), ["an"]))`,
    ],
    [
      condition('is_not', 'referrer', ['x.example'], false),
      `NOT ((caseFoldUTF8(extract(referrer, '^[^:/]+://([^/]+)')) IN (SELECT caseFoldUTF8(arrayJoin(["x.example","x.example."])))))`,
    ],
    [condition('ends_with', 'referrer', ['/x']), 'endsWith(referrer, "/x")'],
    [
      condition('starts_with', 'referrer', ['x.ex']),
      `(startsWith(referrer, "x.ex") OR startsWith(replaceRegexpOne(referrer, "^[^:/]+://", ''), "x.ex"))`,
    ],
    [
      {
        operator: 'or',
        filters: [is('os', 'a'), { operator: 'and', filters: [is('os', 'b'), is('city', 'c')] }],
      },
      '(os IN ["a"] OR (os IN ["b"] AND city IN ["c"]))',
    ],
    [
      { operator: 'not', filter: { operator: 'or', filters: [is('os', 'a'), is('city', 'c')] } },
      'NOT ((os IN ["a"] OR city IN ["c"]))',
    ],
  ] as const satisfies readonly (readonly [Filter, string])[])('%j', (filter, text) => {
    const taggedUrls = sql`[tagged]`;
    const where = linesBetween(readable({ filters: [filter], taggedUrls }), 'WHERE', 'GROUP BY');
    expect(where.split('\n').slice(2).join('\n')).toBe(
      `AND ${text}`.replace('[codes]', CODES).replace('[names]', NAMES),
    );
  });
});

describe('many parts, or some in any letter case,', () => {
  const many = (operator: OperatorName, count: number, caseSensitive = true) =>
    condition(operator, 'city', sequence(count), caseSensitive);

  const patternOf = (count: number) => sequence(count).join('|');
  const asGiven = (pattern: string) =>
    `match(found, arrayStringConcat(arrayMap(text -> text, [${JSON.stringify(pattern)}])))`;
  const folded = (before: string, behind: string) =>
    `match(caseFoldUTF8(found), concat(${before}, arrayStringConcat(arrayMap(value -> regexpQuoteMeta(caseFoldUTF8(value)), ["v0"]), '|'), ${behind}))`;

  test.each([
    [many('contains', 17), asGiven(`(?:${patternOf(17)})`)],
    [many('starts_with', 4), asGiven(`^(?:${patternOf(4)})`)],
    [many('ends_with', 4), asGiven(String.raw`(?:${patternOf(4)})\z`)],
    [many('starts_with', 1, false), folded('"^(?:"', '")"')],
    [many('ends_with', 1, false), folded('"(?:"', String.raw`")\\z"`)],
    [condition('matches', 'city', ['^a', 'b$']), '(match(found, "^a") OR match(found, "b$"))'],
  ] as const)('are tried on each distinct value once: %j', (filter, holds) => {
    const areFew = 'count() <= 1000 AND sum(length(found)) <= 16000';
    const read = (select: readonly string[]) => [
      ...select,
      'FROM clicks',
      'WHERE owner_id = "me"',
      'AND short_code = "007"',
      `AND indexHint(${THAT_DAY})`,
    ];
    expect(
      linesOf(
        { filters: [filter] },
        { tenant: { kind: 'url', ownerId: 'me', shortCode: '007' } },
        'AND (city',
      ),
    ).toEqual([
      'AND (city IN ((',
      'SELECT',
      `(if(${areFew}, groupArrayIf(found, ${holds}), []), NOT (${areFew}))`,
      'FROM (',
      ...read(['SELECT DISTINCT', 'city AS found']),
      'LIMIT 1001',
      ')',
      ') AS tried_0).1 OR tried_0.2 AND city IN (',
      'SELECT',
      'found',
      'FROM (',
      ...read(['SELECT', 'city AS found']),
      'GROUP BY found',
      'LIMIT 18446744073709551615',
      ')',
      `WHERE ${holds}`,
      '))',
    ]);
  });

  test('of the column that clicks are sorted by are a set, by which granules are skipped', () => {
    const filter = condition('starts_with', 'short_code', sequence(4));
    expect(linesOf({ filters: [filter] }, {}, 'AND short_code').slice(0, 5)).toEqual([
      'AND short_code IN (',
      'SELECT',
      'found',
      'FROM (',
      'SELECT',
    ]);
    expect(readable({ filters: [filter] })).not.toContain('tried_');
  });

  test.each([
    [true, '"^(?:[^:/]+://)?(?:v0|v1|v2|v3)"'],
    [false, '"^(?:[^:/]+://)?(?:"'],
  ])('are looked for with and without a scheme at once, letter case: %s', (caseSensitive, pattern) => {
    const filter = condition('starts_with', 'referrer', sequence(4), caseSensitive);
    const text = readable({ filters: [filter] });
    expect(text).toContain(pattern);
    expect(text).not.toContain('replaceRegexpOne');
  });

  test('are a set on shards', () => {
    const sharding = { cluster: 'all', database: 'spoor' };
    const text = readable({ filters: [many('contains', 17)] }, { sharding });
    expect(text).toContain('AND city IN (\n');
    expect(text).not.toContain('tried_');
  });

  test('are no part of a regular expression but as they are', () => {
    const text = String.raw`\^$.*+?()[]{}|-a_ä:1`;
    const filter = condition('contains', 'city', [text, ...sequence(16)]);
    const [pattern = ''] = Object.values(compiled({ filters: [filter] }).params).filter(
      (value) => typeof value === 'string' && value.startsWith('(?:'),
    );
    expect(pattern).toContain(String.raw`(?:\\\^\$\.\*\+\?\(\)\[\]\{\}\|-a_ä:1|v0|`);
    expect(new RegExp(String(pattern), 'u').exec(`x${text}y`)?.[0]).toBe(text);
  });

  test('each have a name of their own, in groups too', () => {
    const filters = [
      many('contains', 17),
      { operator: 'or', filters: [many('contains', 18), { operator: 'not', filter: many('contains', 19) }] },
    ] as const;
    const names = [...readable({ filters }).matchAll(/AS (tried_\w+)\)/g)].map(([, name]) => name);
    expect(names).toEqual(['tried_0', 'tried_1_0', 'tried_1_1']);
  });

  test('so are patterns in any letter case', () => {
    const text = readable({ filters: [condition('does_not_match', 'city', ['a'], false)] });
    expect(text).toContain('AND NOT ((city IN ((\n');
    expect(text).toContain('WHERE match(found, "(?i)a")\n');
  });

  test('leave out what the range has none of, up to clicks of senders whose clock is ahead', () => {
    const range = { start: Date.parse('2025-11-30T23:00Z'), end: Date.parse('2025-12-31T23:58Z') };
    const text = (endsNow: boolean) => readable({ range, endsNow, filters: [many('contains', 17)] });
    const hint = (end: string) => `indexHint(clicked_at BETWEEN "2025-11-30 23:00:00.000" AND "${end}")`;
    expect(text(false)).toContain(hint('2025-12-31 23:58:00.000'));
    expect(text(true)).toContain(hint('2026-01-01 00:03:00.000'));
  });

  test.each(OPERATOR_NAMES.filter((name) => operatorOf(name).takes !== 'patterns'))(
    'are the same text, however many they are: %s',
    (operator) => {
      for (const name of FILTER_NAMES) {
        const filter = (count: number) => {
          const values = name === 'country' ? sequence(count).map(() => 'DE') : sequence(count);
          return compiled({ filters: [condition(operator, name, values, false)] }).sql;
        };
        expect(filter(1_000)).toBe(filter(1));
      }
    },
  );

  test('are cut into regular expressions that RE2 compiles', () => {
    const patterns = (values: readonly string[], caseSensitive = true) =>
      compiled({ filters: [condition('contains', 'short_code', values, caseSensitive)] }).sql.match(/match/g)
        ?.length;
    const of = (text: string, count: number) => sequence(count).map(() => text);
    expect(patterns(of('x'.repeat(1_000), 60))).toBe(1);
    expect(patterns(of('x'.repeat(1_000), 61))).toBe(2);
    expect(patterns(of('.'.repeat(1_000), 60))).toBe(2);
    expect(patterns(of('ΐ'.repeat(1_000), 20), false)).toBe(4);
    // No stored text is as long.
    expect(patterns(of('x'.repeat(60_001), 20))).toBeUndefined();
    expect(patterns([...of('x'.repeat(60_001), 20), 'x'])).toBe(1);
  });
});

test.each(FILTER_NAMES)('a filter by %s is a look-up in a set, however many values it has', (name) => {
  const filter = (count: number) => {
    const values = Array.from({ length: count }, (_, index) => [
      `h${index}.example`,
      `https://x.example/${index}`,
    ]);
    return compiled({ filters: [is(name, ...values.flat())] }).sql;
  };
  expect(filter(500)).toBe(filter(1));
  // A function over the values for each click would take as long as there are values.
  expect(filter(1)).not.toMatch(/->|startsWith/);
});

test('the values of a filter are sent once, however often the clicks are read', () => {
  const change = { groupBy: ['browser', 'os'], filters: [is('city', 'Bonn')] } as const;
  const { sql, params } = compiled(change, { visitorPlan: 'returning-apart' });
  expect(sql.match(/city IN/g)).toHaveLength(4);
  expect(Object.values(params).filter((value) => Array.isArray(value) && value[0] === 'Bonn')).toHaveLength(
    1,
  );
});

describe('whatever is asked', () => {
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom("'; --", '{p0:String}', 'a\\', ''));
  const leaf = fc.record({
    operator: fc.constantFrom(...OPERATOR_NAMES),
    dimension: fc.constantFrom(...FILTER_NAMES),
    values: fc.oneof(
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.array(word, { minLength: 17, maxLength: 20 }),
    ),
    caseSensitive: fc.boolean(),
  });
  const { filter } = fc.letrec<{ readonly filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 2 },
      leaf,
      fc.record({ operator: fc.constant('not' as const), filter: tie('filter') }),
      fc.record({
        operator: fc.constantFrom('and', 'or'),
        filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
      }),
    ),
  }));
  const question: fc.Arbitrary<StatsQuery> = fc.record({
    subject: fc.constant(QUERY.subject),
    range: fc.constant(QUERY.range),
    groupBy: fc.shuffledSubarray([...DIMENSION_NAMES], { minLength: 1 }),
    metrics: fc.subarray([...METRIC_NAMES], { minLength: 1 }),
    timezone: fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe'),
    interval: fc.constantFrom(...INTERVAL_NAMES),
    breakdown: fc.boolean(),
    filters: fc.array(filter, { maxLength: 4 }),
    bots: fc.constantFrom('include', 'exclude', 'only'),
    limit: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
    previous: fc.constantFrom(undefined, null, {
      start: QUERY.range.start - 1_000,
      end: QUERY.range.start - 1,
    }),
  });
  const tenants: fc.Arbitrary<Tenant> = fc.oneof(
    word.map((ownerId): Tenant => ({ kind: 'owner', ownerId })),
    fc.tuple(word, word).map(([ownerId, shortCode]): Tenant => ({ kind: 'url', ownerId, shortCode })),
  );
  const shardings = fc.constantFrom(undefined, { cluster: 'all', database: 'spoor' });

  test('the same query is the same text, with the tenant first in every read', () => {
    fc.assert(
      fc.property(
        question,
        tenants,
        fc.constantFrom(...VISITOR_PLANS),
        shardings,
        (query, tenant, visitorPlan, sharding) => {
          const { sql, params } = compiled(query, { tenant, visitorPlan, sharding });
          const again = compiled(structuredClone(query), {
            tenant: structuredClone(tenant),
            visitorPlan,
            sharding,
          });
          expect(again).toEqual({ sql, params });
          const table = sharding === undefined ? 'clicks' : 'spoor.clicks_local';
          const tagged = sql.split('FROM urls FINAL\n').slice(1);
          const reads = sql.replaceAll(JOINED_TAGS, '\n').split(`FROM ${table}\n`).slice(1);
          expect(sql.match(/FROM (?!\(|cluster|urls FINAL\n)/g)).toHaveLength(reads.length);
          for (const read of [...reads, ...tagged]) {
            const [, owner = '', code] =
              /^WHERE owner_id = \{(p\d+):String\}\n(?:AND short_code = \{(p\d+):String\}\n)?AND /.exec(
                read,
              ) ?? [];
            expect(tenant).toMatchObject({ ownerId: params[owner] });
            if (tenant.kind === 'url') expect(params[code ?? '']).toBe(tenant.shortCode);
          }
          // An OR outside of parentheses would open the wall.
          expect(conditionsIn(sql).filter((where) => where.includes(' OR '))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('no value is ever part of the text', () => {
    const texts = (value: string, ownerId: string) =>
      compiled(
        { filters: FILTER_NAMES.filter((name) => name !== 'referrer').map((name) => is(name, value)) },
        { tenant: { kind: 'owner', ownerId } },
      ).sql;
    fc.assert(
      fc.property(word, word, (value, ownerId) => {
        expect(texts(value, ownerId)).toBe(texts('x', 'me'));
      }),
    );
  });
});

/** What follows the table of clicks for lists by tag. */
const JOINED_TAGS = /\nLEFT JOIN \(\n[^]*?\n\) AS url_tags ON short_code = url_tags.code\n/g;

/** Lines of a query's text from the first that begins so to the end of its conditions. */
function linesOf(
  change: Parameters<typeof readable>[0],
  options: Parameters<typeof readable>[1],
  from: string,
) {
  const lines = readable(change, options)
    .split('\n')
    .map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith(from));
  return lines.slice(
    start,
    lines.findIndex((line) => line.startsWith('GROUP BY GROUPING SETS')),
  );
}

function sequence(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `v${index}`);
}

/** The conditions of each SELECT, without what stands in parentheses. */
function conditionsIn(text: string): readonly string[] {
  const innermost = /\(([^()]*)\)/g;
  const here = [...text.matchAll(innermost)].map(([, inner = '']) => inner);
  const rest = here.length === 0 ? [text] : [];
  return [
    ...[...here, ...rest]
      .flatMap((one) => one.split('\nWHERE ').slice(1))
      .map((one) => one.split('\nGROUP BY')[0] ?? ''),
    ...(here.length === 0 ? [] : conditionsIn(text.replaceAll(innermost, ''))),
  ];
}
