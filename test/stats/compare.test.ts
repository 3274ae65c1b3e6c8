import { expect, test } from '@jest/globals';
import { render } from '../../src/sql/render.ts';
import { comparedRange, compileCompared, shapeCompared } from '../../src/stats/compare.ts';
import { compile } from '../../src/stats/sql/compile.ts';
import { DIMENSION_NAMES } from '../../src/stats/registry/dimensions.ts';
import type { StatsQuery } from '../../src/stats/parse/query.ts';

const PREVIOUS = { start: Date.UTC(2025, 11, 30), end: Date.UTC(2026, 0, 1) - 1 };

const QUERY: StatsQuery = {
  subject: { scope: 'all', ownerId: undefined },
  range: { start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 0, 3) - 1 },
  groupBy: ['browser'],
  metrics: ['clicks', 'unique_clicks'],
  timezone: 'UTC',
  interval: 'day',
  breakdown: false,
  filters: { os: ["it's"] },
  bots: 'include',
  limit: 1_000,
};
const TENANT = { kind: 'url', ownerId: 'me', shortCode: 'mine' } as const;

test.each([['browser'], ['time'], ['time', 'os'], [...DIMENSION_NAMES]].map((groupBy) => [groupBy] as const))(
  'by %s: every read of either period stands behind the tenant, and no value in the text',
  (names) => {
    const groupBy = DIMENSION_NAMES.filter((name) => names.includes(name));
    const query = { ...QUERY, groupBy, previous: PREVIOUS };
    const { sql, params } = render(compileCompared(query, TENANT));
    const reads = sql.split('FROM clicks ').slice(1);
    expect(reads.length).toBeGreaterThanOrEqual(2);
    for (const read of reads) {
      const [, owner = '', code = ''] =
        /^WHERE owner_id = \{(p\d+):String\} AND short_code = \{(p\d+):String\} AND /.exec(read) ?? [];
      expect([params[owner], params[code]]).toEqual(['me', 'mine']);
    }
    expect(sql).not.toContain("it's");
    expect(render(compileCompared(structuredClone(query), { ...TENANT }))).toEqual({ sql, params });
  },
);

test.each([undefined, null])('with no period before (%s) the query is the plain one', (previous) => {
  const query = { ...QUERY, previous };
  expect(render(compileCompared(query, TENANT))).toEqual(render(compile(QUERY, TENANT)));
  expect(comparedRange(query)).toEqual(QUERY.range);
  const rows = [[0, 0, 0, 0, '', 0, null, null, null]];
  expect(shapeCompared(query, rows, 0).previous).toBe(previous);
});

test('an answer that compares is about both periods', () => {
  expect(comparedRange({ ...QUERY, previous: PREVIOUS })).toEqual({
    start: PREVIOUS.start,
    end: QUERY.range.end,
  });
});
