import { expect, test } from '@jest/globals';
import * as fc from '../../../support/fast-check.ts';
import { timeOf } from '../../../../src/clicks/import/formats/log-time.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number: number): string => String(number).padStart(2, '0');

/** An instant as a server writes it whose clock is some minutes east of UTC. */
function logged(instant: number, east: number): string {
  const [date = '', time = ''] = new Date(instant + east * 60_000).toISOString().split('T');
  const [year, month, day] = date.split('-');
  const offset = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`;
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} ${offset}`;
}

test('any second of any day, at any offset, is the instant that was logged', () => {
  const seconds = fc.integer({ min: Date.UTC(2000, 0, 2) / 1_000, max: Date.UTC(2099, 11, 30) / 1_000 });
  fc.assert(
    fc.property(seconds, fc.integer({ min: -899, max: 899 }), (second, east) => {
      expect(timeOf(logged(second * 1_000, east))).toBe(new Date(second * 1_000).toISOString());
    }),
  );
});

test('milliseconds stand in place of an offset', () => {
  expect(timeOf('29/Feb/2028:23:59:59.007')).toBe('2028-02-29T23:59:59.007Z');
});

test.each([
  '29/Feb/2026:10:00:00 +0000',
  '31/Apr/2026:10:00:00 +0000',
  '00/Jan/2026:10:00:00 +0000',
  '01/Foo/2026:10:00:00 +0000',
  '01/Jan/2026:24:00:00 +0000',
  '01/Jan/2026:10:60:00 +0000',
  '01/Jan/2026:10:00:60 +0000',
  '01/Jan/2026:10:00:00 +2400',
  '01/Jan/2026:10:00:00 +0060',
  '01/Jan/2026:10:00:00',
  '01/Jan/2026:10:00:00.07',
])('there is no time %s', (time) => {
  expect(timeOf('01/Jan/2026:10:00:00 +0000')).toBe('2026-01-01T10:00:00.000Z');
  expect(timeOf(time)).toBeNull();
});
