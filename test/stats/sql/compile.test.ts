import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type RenderedSql, render } from '../../../src/sql/render.ts';
import { columnsOf, compile } from '../../../src/stats/sql/compile.ts';
import type { Tenant } from '../../../src/stats/sql/conditions.ts';
import { DIMENSION_NAMES, FILTER_NAMES } from '../../../src/stats/registry/dimensions.ts';
import { INTERVAL_NAMES } from '../../../src/stats/registry/intervals.ts';
import { listsOf } from '../../../src/stats/sql/lists.ts';
import { METRIC_NAMES } from '../../../src/stats/registry/metrics.ts';
import type { StatsQuery } from '../../../src/stats/parse/query.ts';
import { VISITOR_PLANS, type VisitorPlan } from '../../../src/stats/sql/visitor-plan.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);

const OWNER: Tenant = { kind: 'owner', ownerId: 'me' };

const QUERY: StatsQuery = {
  subject: { scope: 'all', ownerId: undefined },
  range: { start: utc('2026-01-01T00:00'), end: utc('2026-01-02T00:00') },
  groupBy: ['browser'],
  metrics: ['clicks', 'unique_clicks'],
  timezone: 'UTC',
  interval: 'hour',
  breakdown: false,
  filters: {},
  bots: 'include',
  limit: 1_000,
};

/** One line, so that only what ClickHouse reads is compared, not how it is laid out. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(' )', ')').trim();
}

function compiled(change: Partial<StatsQuery>, tenant: Tenant = OWNER, plan?: VisitorPlan): RenderedSql {
  const { sql, params } = render(compile({ ...QUERY, ...change }, tenant, plan));
  return { sql: flat(sql), params };
}

/** The text with the values in their places: for reading, never for running. */
function filledIn({ sql, params }: RenderedSql): string {
  return sql.replaceAll(/\{(p\d+):[^}]*\}/g, (_, name: string) => JSON.stringify(params[name]));
}

/** The conditions of a query's reads of the table, which must be the same in all. */
function conditionsOf(change: Partial<StatsQuery>, tenant: Tenant = OWNER): string {
  const reads = [
    ...filledIn(compiled(change, tenant)).matchAll(/FROM clicks WHERE (.*?)(?: GROUP BY|\) ORDER BY)/g),
  ];
  expect(reads.length).toBeGreaterThan(0);
  expect(new Set(reads.map(([, read]) => read)).size).toBe(1);
  return reads[0]?.[1] ?? '';
}

const THAT_DAY = 'clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"';

describe('whole queries', () => {
  test('one dimension', () => {
    const { sql, params } = compiled({});
    expect(sql).toBe(
      flat(`
        SELECT NOT grouping(browser) AS list,
          browser, count() AS clicks, uniqExact(visitor) AS unique_clicks,
          count() OVER (PARTITION BY list) AS groups,
          countIf(is_bot) AS bot_clicks,
          toUnixTimestamp64Milli(min(clicked_at)) AS first_click,
          toUnixTimestamp64Milli(max(clicked_at)) AS last_click,
          avg(redirect_ms) AS avg_redirection_time
        FROM clicks
        WHERE owner_id = {p0:String}
          AND clicked_at BETWEEN {p1:DateTime64(3, 'UTC')} AND {p2:DateTime64(3, 'UTC')}
        GROUP BY GROUPING SETS ((), (browser))
        ORDER BY list, clicks DESC, browser
        LIMIT {p3:UInt32} BY list`),
    );
    expect(params).toEqual({
      p0: 'me',
      p1: '2026-01-01 00:00:00.000',
      p2: '2026-01-02 00:00:00.000',
      p3: 1_000,
    });
  });

  test('time alone is neither counted nor cut nor sorted', () => {
    const { sql } = compiled({ groupBy: ['time'] });
    expect(sql).toContain('uniqExact(visitor) AS unique_clicks, 0 AS groups, countIf(');
    expect(sql).toMatch(/GROUP BY GROUPING SETS \(\(\), \(time\)\)$/);
  });

  test('a breakdown of two dimensions, by hours, with filters, of one URL', () => {
    const change: Partial<StatsQuery> = {
      sameClock: true,
      groupBy: ['time', 'referrer'],
      breakdown: true,
      filters: { referrer: ['google.com', 'Direct'] },
      bots: 'exclude',
    };
    const read = `
      FROM clicks
      WHERE owner_id = {p4:String} AND short_code = {p5:String}
        AND clicked_at BETWEEN {p6:DateTime64(3, 'UTC')} AND {p7:DateTime64(3, 'UTC')}
        AND NOT is_bot
        AND (referrer IN {p8:Array(String)} OR extract(referrer, '^https?://([^/]+)') IN {p9:Array(String)})`;
    const { sql, params } = compiled(change, { kind: 'url', ownerId: 'me', shortCode: "it's" });
    expect(sql).toBe(
      flat(`
        SELECT list, time, referrer, clicks, unique_clicks, groups,
          bot_clicks, first_click, last_click, avg_redirection_time
        FROM (
          SELECT list, time, referrer, clicks, unique_clicks, count() OVER (PARTITION BY list) AS groups,
            bot_clicks, first_click, last_click, avg_redirection_time
          FROM (
            SELECT transform(grouping(time, referrer), {p0:Array(UInt64)}, {p1:Array(UInt8)}, 0) AS list,
              toInt64(toUnixTimestamp(toStartOfInterval(clicked_at, INTERVAL {p2:UInt16} HOUR, {p3:String}))) AS time,
              referrer, count() AS clicks, uniqExact(visitor) AS unique_clicks,
              NULL AS bot_clicks, NULL AS first_click, NULL AS last_click, NULL AS avg_redirection_time
            ${read}
            GROUP BY GROUPING SETS ((time), (referrer), (time, referrer))
          )
          ORDER BY list, clicks DESC, time, referrer
          LIMIT {p10:UInt32} BY list, if(list = {p11:UInt8}, time, 0)
          UNION ALL
          SELECT toUInt8(0) AS list, toInt64(0), '',
            count() AS clicks, uniqExact(visitor) AS unique_clicks, toUInt64(0) AS groups,
            toNullable(countIf(is_bot)) AS bot_clicks,
            nullIf(toUnixTimestamp64Milli(min(clicked_at)), 0) AS first_click,
            nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
            avg(redirect_ms) AS avg_redirection_time
          ${read}
        )
        ORDER BY list, time, clicks DESC, time, referrer
        SETTINGS max_streams_to_max_threads_ratio = 0.5`),
    );
    expect(params).toEqual({
      p0: [1, 2, 0],
      p1: [1, 2, 3],
      p2: 1,
      p3: 'UTC',
      p4: 'me',
      p5: "it's",
      p6: '2026-01-01 00:00:00.000',
      p7: '2026-01-02 00:00:00.000',
      p8: ['Direct'],
      p9: ['google.com'],
      p10: 1_000,
      p11: 1,
    });
  });

  test('visitors who return counted apart, in the lists but not in the summary', () => {
    const change: Partial<StatsQuery> = { groupBy: ['os', 'city'], bots: 'only' };
    const read = `
      FROM clicks
      WHERE owner_id = {p2:String} AND clicked_at BETWEEN {p3:DateTime64(3, 'UTC')} AND {p4:DateTime64(3, 'UTC')}
        AND is_bot`;
    const returning = `visitor IN (SELECT visitor ${read} GROUP BY visitor HAVING count() > 1)`;
    const { sql, params } = compiled(change, OWNER, 'returning-apart');
    expect(sql).toContain(
      flat(`
        SELECT transform(grouping(os, city), {p0:Array(UInt64)}, {p1:Array(UInt8)}, 0) AS list,
          os, city, count() AS clicks, countIf(NOT ${returning}) + uniqExactIf(visitor, ${returning}) AS unique_clicks,
          NULL AS bot_clicks, NULL AS first_click, NULL AS last_click, NULL AS avg_redirection_time
        ${read}
        GROUP BY GROUPING SETS ((os), (city))`),
    );
    expect(params).toMatchObject({ p0: [1, 2], p1: [1, 2], p2: 'me' });
    const together = compiled(change, OWNER, 'all-alike').sql;
    expect(sql.split('UNION ALL')[1]).toBe(together.split('UNION ALL')[1]);
  });
});

test.each(FILTER_NAMES)('a filter by %s is a look-up in a set, however many values it has', (name) => {
  const filter = (count: number) => {
    const values = Array.from({ length: count }, (_, index) => [
      `h${index}.example`,
      `https://x.example/${index}`,
    ]);
    return compiled({ filters: { [name]: values.flat() } }).sql;
  };
  expect(filter(500)).toBe(filter(1));
  // A function over the values for each click would take as long as there are values.
  expect(filter(1)).not.toMatch(/->|startsWith/);
});

describe('the conditions, with the values in their places', () => {
  test.each([
    ['an owner', {}, OWNER, `owner_id = "me" AND ${THAT_DAY}`],
    ['every owner', {}, { kind: 'every-owner' }, THAT_DAY],
    [
      'a URL',
      {},
      { kind: 'url', ownerId: 'me', shortCode: '007' },
      `owner_id = "me" AND short_code = "007" AND ${THAT_DAY}`,
    ],
    ['no bots', { bots: 'exclude' }, OWNER, `owner_id = "me" AND ${THAT_DAY} AND NOT is_bot`],
    ['bots alone', { bots: 'only' }, OWNER, `owner_id = "me" AND ${THAT_DAY} AND is_bot`],
    [
      'filters stand in the registry’s order',
      { filters: { city: ['Bonn', "Sana'a"], browser: ['Chrome'] } },
      OWNER,
      `owner_id = "me" AND ${THAT_DAY} AND browser IN ["Chrome"] AND city IN ["Bonn","Sana'a"]`,
    ],
    [
      'countries as codes',
      { filters: { country: ['Türkiye', 'DE', 'Atlantis'] } },
      OWNER,
      `owner_id = "me" AND ${THAT_DAY} AND country IN ["TR","DE","Atlantis"]`,
    ],
    [
      'codes, beside the owner’s condition and never in its place',
      { filters: { short_code: ['of another'] } },
      OWNER,
      `owner_id = "me" AND ${THAT_DAY} AND short_code IN ["of another"]`,
    ],
    [
      'a full referrer needs no prefix',
      { filters: { referrer: ['https://A.example/x/?q'] } },
      OWNER,
      `owner_id = "me" AND ${THAT_DAY} AND (referrer IN ["https://a.example/x"])`,
    ],
  ] as const satisfies readonly (readonly [string, Partial<StatsQuery>, Tenant, string])[])(
    '%s',
    (_, change, tenant, conditions) => {
      expect(conditionsOf(change, tenant)).toBe(conditions);
    },
  );
});

describe('the bucket of a click', () => {
  const seconds = 'toUnixTimestamp(clicked_at)';
  const unix = `toInt64(${seconds})`;
  const newYork = {
    timezone: 'America/New_York',
    range: { start: utc('2025-03-09T05:00'), end: utc('2025-03-10T03:59') },
  };
  test.each([
    [
      'an hour, where ClickHouse’s clock is Node’s',
      { sameClock: true, timezone: 'Asia/Kolkata' },
      `toInt64(toUnixTimestamp(toStartOfInterval(clicked_at, INTERVAL 1 HOUR, "Asia/Kolkata")))`,
    ],
    [
      'a week, of which ClickHouse gives a date',
      { ...newYork, sameClock: true, interval: 'week' },
      `toInt64(toUnixTimestamp(toDateTime(toStartOfInterval(clicked_at, INTERVAL 1 WEEK, "America/New_York"), "America/New_York")))`,
    ],
    [
      'a month',
      { interval: 'month', range: { start: utc('2026-01-31T00:00'), end: utc('2026-02-01T00:00') } },
      `roundDown(${unix}, [${utc('2026-01-01T00:00') / 1000},${utc('2026-02-01T00:00') / 1000}])`,
    ],
    [
      'days about a clock change',
      { ...newYork, interval: 'day', range: { ...newYork.range, end: utc('2025-03-10T04:00') } },
      `roundDown(${unix}, [${utc('2025-03-09T05:00') / 1000},${utc('2025-03-10T04:00') / 1000}])`,
    ],
  ] as const satisfies readonly (readonly [string, Partial<StatsQuery>, string])[])(
    '%s',
    (_, change, bucket) => {
      expect(filledIn(compiled({ ...change, groupBy: ['time'] }))).toContain(
        `list, ${bucket} AS time, count()`,
      );
    },
  );

  test('ten minutes about a clock change: the change begins a bucket of its own', () => {
    const text = filledIn(compiled({ ...newYork, interval: '10_minute', groupBy: ['time'] }));
    const starts =
      /roundDown\(toInt64\(toUnixTimestamp\(clicked_at\)\), (\[\d+,\d+\])\)/.exec(text)?.[1] ?? '';
    expect(JSON.parse(starts)[1]).toBe(utc('2025-03-09T07:00') / 1000);
    const segment = `roundDown(${unix}, ${starts})`;
    expect(text).toContain(
      `greatest(${segment}, ${unix} - (${unix} + transform(${segment}, ${starts}, [0,0], toInt64(0))) % 600) AS time`,
    );
  });
});

test('visitors are counted in groups only where they are asked for, and rank them where nothing else is', () => {
  const { sql: clicks } = compiled({ metrics: ['clicks'] });
  expect(clicks).toContain('count() AS clicks, toUInt64(0) AS unique_clicks, NULL AS bot_clicks');
  expect(clicks.match(/uniqExact/g)).toHaveLength(1);
  const { sql: visitors } = compiled({ metrics: ['unique_clicks'] });
  expect(visitors.match(/ORDER BY list, unique_clicks DESC, browser/g)).toHaveLength(1);
  expect(visitors).not.toContain('ORDER BY list, clicks');
});

test('lists: one a dimension, then the breakdown where there is more than one', () => {
  const names = (change: Partial<StatsQuery>) =>
    listsOf({ ...QUERY, ...change }).map((list) => list.dimensions);
  expect(names({ breakdown: true })).toEqual([['browser']]);
  expect(names({ groupBy: ['os', 'time'] })).toEqual([['os'], ['time']]);
  expect(names({ groupBy: ['os', 'time'], breakdown: true })).toEqual([['os'], ['time'], ['os', 'time']]);
  expect(columnsOf({ ...QUERY, groupBy: ['os', 'time'] }).slice(1, 3)).toEqual(['os', 'time']);
});

describe('whatever is asked', () => {
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom("'; --", '{p0:String}', 'a\\', ''));
  const values = fc.array(word, { minLength: 1, maxLength: 3 });
  const question: fc.Arbitrary<StatsQuery> = fc.record({
    subject: fc.constant(QUERY.subject),
    range: fc.constant(QUERY.range),
    groupBy: fc.shuffledSubarray([...DIMENSION_NAMES], { minLength: 1 }),
    metrics: fc.subarray([...METRIC_NAMES], { minLength: 1 }),
    timezone: fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe'),
    interval: fc.constantFrom(...INTERVAL_NAMES),
    breakdown: fc.boolean(),
    filters: fc.record(
      { browser: values, country: values, referrer: values, short_code: values },
      { requiredKeys: [] },
    ),
    bots: fc.constantFrom('include', 'exclude', 'only'),
    limit: fc.integer({ min: 1, max: 10_000 }),
  });
  const tenant: fc.Arbitrary<Tenant> = fc.oneof(
    word.map((ownerId): Tenant => ({ kind: 'owner', ownerId })),
    fc.tuple(word, word).map(([ownerId, shortCode]): Tenant => ({ kind: 'url', ownerId, shortCode })),
  );

  test('the same question is the same text, with the tenant first in every read', () => {
    fc.assert(
      fc.property(question, tenant, fc.constantFrom(...VISITOR_PLANS), (query, whose, plan) => {
        const { sql, params } = render(compile(query, whose, plan));
        expect(render(compile(structuredClone(query), structuredClone(whose), plan))).toEqual({
          sql,
          params,
        });
        const reads = flat(sql).split('FROM clicks ').slice(1);
        const countsVisitors = query.metrics.includes('unique_clicks');
        // A summary beside several lists, or beside one that counts no visitors, has a read of its own.
        const plain = query.groupBy.length === 1 && countsVisitors ? 1 : 2;
        // The returning visitors are named twice in one list.
        const isApart = plan === 'returning-apart' && countsVisitors && plain === 2;
        expect(reads).toHaveLength(isApart ? plain + 2 : plain);
        for (const read of reads) {
          const [, name = ''] = /^WHERE owner_id = \{(p\d+):String\} AND /.exec(read) ?? [];
          expect(whose).toMatchObject({ ownerId: params[name] });
          if (whose.kind !== 'url') continue;
          const [, code = ''] =
            /^WHERE owner_id = \S+ AND short_code = \{(p\d+):String\} AND /.exec(read) ?? [];
          expect(params[code]).toBe(whose.shortCode);
        }
        // An OR outside of parentheses would open the wall.
        expect(withoutParentheses(reads.map((read) => read.split(' GROUP BY')[0]).join(' '))).not.toContain(
          ' OR ',
        );
      }),
      { numRuns: 300 },
    );
  });

  test('no value is ever part of the text', () => {
    const texts = (filters: StatsQuery['filters'], ownerId: string) =>
      render(compile({ ...QUERY, filters }, { kind: 'owner', ownerId })).sql;
    fc.assert(
      fc.property(word, word, (value, ownerId) => {
        const filters = { browser: [value], city: [value], short_code: [value] };
        const plain = { browser: ['x'], city: ['x'], short_code: ['x'] };
        expect(texts(filters, ownerId)).toBe(texts(plain, 'me'));
      }),
    );
  });
});

function withoutParentheses(text: string): string {
  const inner = text.replaceAll(/\([^()]*\)/g, '');
  return inner === text ? text : withoutParentheses(inner);
}
