import { expect, test } from '@jest/globals';
import { DAY } from '../../../src/lib/calendar.ts';
import { is } from '../../support/filters.ts';
import { QUERY, linesBetween, readable } from '../../support/stats-sql.ts';

const RANGE = { start: Date.parse('2026-03-28T00:00Z'), end: Date.parse('2026-03-30T00:00Z') };

/** The selected expression of a dimension. */
function selected(name: 'continent' | 'referrer_host' | 'hour_of_day' | 'weekday', change = {}): string {
  const lines = linesBetween(readable({ ...change, groupBy: [name] }), 'SELECT', 'FROM').split('\n');
  return lines.find((line) => line.endsWith(` AS ${name},`)) ?? '';
}

test.each([
  ['hour_of_day', 'toString(toHour(toTimeZone(clicked_at, "Europe/Berlin")) % 24) AS hour_of_day,'],
  ['weekday', 'toString(toDayOfWeek(toTimeZone(clicked_at, "Europe/Berlin")) % 24) AS weekday,'],
] as const)('%s in a zone that ClickHouse knows as Node does', (name, text) => {
  expect(selected(name, { range: RANGE, timezone: 'Europe/Berlin' })).toBe(text);
});

test('the offsets of a zone that ClickHouse knows otherwise come from Node, with the five minutes that clicks may be ahead', () => {
  const change = { timezone: 'Europe/Berlin', sameClock: false };
  const before = { start: RANGE.start, end: Date.parse('2026-03-29T00:54:59.999Z') };
  const after = { start: RANGE.start, end: before.end + 1 };
  const spring = Date.parse('2026-03-29T01:00Z') / 1000;
  expect(selected('hour_of_day', { ...change, range: before })).not.toContain(String(spring));
  expect(selected('hour_of_day', { ...change, range: after })).toMatch(
    new RegExp(`transform\\(roundDown\\(.*,${spring}\\]\\), \\[\\d+,${spring}\\], \\[3600,7200\\]`),
  );
});

test('each of two periods has the offsets of its own', () => {
  const text = readable({
    groupBy: ['time'],
    filters: [is('hour_of_day', '8')],
    timezone: 'Europe/Berlin',
    sameClock: false,
    range: RANGE,
    previous: { start: RANGE.start - 100 * DAY, end: RANGE.end - 100 * DAY },
  });
  expect(text.match(/\[3600,7200\]/g)).not.toBeNull();
  expect(text.match(/\[3600\]/g)).not.toBeNull();
});

test('what follows from a column of shared texts is a function of that column alone', () => {
  expect(selected('continent')).toMatch(/^transform\(country, \[.*\], \[.*\], "Unknown"\) AS continent,$/);
  expect(selected('referrer_host')).toMatch(/^replaceRegexpOne\(referrer, ".*", '.*'\) AS referrer_host,$/);
  expect(QUERY.timezone).toBe('UTC');
});
