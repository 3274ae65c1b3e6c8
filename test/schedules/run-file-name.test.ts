import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { type RunFile, runFileName } from '../../src/schedules/run-file-name.ts';

const FILE: RunFile = {
  scheduleId: '5d1b6c1e-6d0f-4a53-9a0e-0d3b0a6f8a11',
  what: 'clicks',
  window: { from: Date.UTC(2026, 0, 30), before: Date.UTC(2026, 0, 31, 0, 0, 0, 1) },
  extension: 'parquet',
};

test('a file is named after its schedule and window', () => {
  expect(runFileName(FILE)).toBe(
    'spoor_clicks_5d1b6c1e-6d0f-4a53-9a0e-0d3b0a6f8a11_2026-01-30T00-00-00.000Z_2026-01-31T00-00-00.001Z.parquet',
  );
});

test('names are of safe characters, and differ where windows do', () => {
  const instant = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
  const windows = fc.record({ from: instant, before: instant });
  fc.assert(
    fc.property(windows, windows, (one, other) => {
      const [name, second] = [one, other].map((window) => runFileName({ ...FILE, window }));
      expect(name).toMatch(/^[\w.-]+$/);
      expect(name === second).toBe(one.from === other.from && one.before === other.before);
    }),
  );
});
