import { expect, test } from '@jest/globals';
import { compileClicks } from '../../src/click-rows/compile-clicks.ts';
import type { ClickQuery } from '../../src/click-rows/click-query.ts';
import { render } from '../../src/sql/render.ts';
import { is } from '../support/filters.ts';
import { OWNER, QUERY, readableSql } from '../support/stats-sql.ts';

const CLICKS: ClickQuery = { ...QUERY, columns: ['clicked_at', 'continent', 'visitor'], order: undefined };

function readable(change: Partial<ClickQuery>, options: Parameters<typeof compileClicks>[2] = {}): string {
  return `\n${readableSql(render(compileClicks({ ...CLICKS, ...change }, OWNER, options)))}`;
}

test('columns of the clicks that the tenant may see, in the order in which they were asked for', () => {
  expect(readable({ columns: ['visitor', 'clicked_at'], filters: [is('browser', 'Chrome')] })).toBe(`
SELECT
  shown_visitor AS visitor,
  shown_clicked_at AS clicked_at
FROM (
  SELECT
    lower(leftPad(hex(visitor), 16, '0')) AS shown_visitor,
    clicked_at AS shown_clicked_at
  FROM clicks
  WHERE owner_id = "me"
    AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
    AND browser IN ["Chrome"]
)`);
});

test('in the order of the sorting key on each shard, and of all of them', () => {
  const sharding = { cluster: 'all', database: 'spoor' };
  expect(readable({ columns: ['os'], order: 'link' }, { sharding })).toBe(`
SELECT
  shown_os AS os
FROM cluster('all', view(
  SELECT
    os AS shown_os,
    owner_id AS key_owner,
    short_code AS key_code,
    clicked_at AS key_time
  FROM spoor.clicks_local
  WHERE owner_id = "me"
    AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
))
ORDER BY key_owner, key_code, key_time`);
});

test('the newest first', () => {
  expect(readable({ columns: ['os'], order: 'newest' })).toContain('ORDER BY key_time DESC');
});

test('a filter by tags reads those that are stored', () => {
  expect(readable({ filters: [is('tag', 'spring')] })).toContain('FROM urls FINAL');
});
