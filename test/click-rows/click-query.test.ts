import { describe, expect, test } from '@jest/globals';
import { CLICK_COLUMN_NAMES, clickColumnOf } from '../../src/click-rows/columns.ts';
import {
  type ClickRequest,
  clickExportQuery,
  clickListQuery,
  parseClickRequest,
} from '../../src/click-rows/click-query.ts';
import { AppError } from '../../src/errors.ts';
import { DAY } from '../../src/lib/calendar.ts';
import { DIMENSION_NAMES } from '../../src/stats/registry/dimension-names.ts';

const NOW = Date.parse('2026-01-31T10:00:00Z');
const CONTEXT = { now: NOW, timeZones: new Set(['UTC', 'Europe/Berlin']) };

function parsed(raw: Readonly<Record<string, string>>): ClickRequest {
  return parseClickRequest(raw, CONTEXT);
}

function refusal(raw: Readonly<Record<string, string>>): readonly unknown[] {
  try {
    parsed(raw);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [error.status, error.field, error.message];
  }
}

test('every dimension but time is a column, none twice', () => {
  const without = DIMENSION_NAMES.filter((name) => !CLICK_COLUMN_NAMES.some((one) => one === name));
  expect(without).toEqual(['time']);
  expect(new Set(CLICK_COLUMN_NAMES).size).toBe(CLICK_COLUMN_NAMES.length);
});

describe('fields', () => {
  const DEFAULTS = CLICK_COLUMN_NAMES.filter((name) => clickColumnOf(name).isDefault);

  test('none named: all but the tags, the owner and the visitor', () => {
    expect(parsed({}).columns).toEqual(DEFAULTS);
    expect(CLICK_COLUMN_NAMES.filter((name) => !DEFAULTS.includes(name))).toEqual([
      'tag',
      'owner_id',
      'visitor',
    ]);
  });

  test.each<[raw: Readonly<Record<string, string>>, columns: readonly string[]]>([
    [{ fields: 'os, clicked_at,os' }, ['os', 'clicked_at']],
    [{ visitors: 'true' }, [...DEFAULTS, 'visitor']],
    [{ visitors: 'true', fields: 'visitor,browser' }, ['visitor', 'browser']],
    [{ visitors: 'true', fields: 'browser' }, ['browser']],
    [{ visitors: 'false' }, DEFAULTS],
  ])('%j', (raw, columns) => {
    expect(parsed(raw).columns).toEqual(columns);
  });

  test.each<[raw: Readonly<Record<string, string>>, field: string, message: RegExp]>([
    [{ fields: 'visitor' }, 'fields', /goes with visitors=true/],
    [{ fields: 'contry' }, 'fields', /Did you mean country\?/],
    [{ fields: 'time' }, 'fields', /cannot name time/],
    [{ visitors: 'yes' }, 'visitors', /true or false/],
    [{ order: 'latest' }, 'order', /newest, oldest, link/],
  ])('%j is refused', (raw, field, message) => {
    expect(refusal(raw)).toEqual([400, field, expect.stringMatching(message)]);
  });
});

test('a listing is about seven days unless it says otherwise, an export about all', () => {
  const request = parsed({ order: 'link' });
  expect(clickListQuery(request).range).toEqual({ start: NOW - 7 * DAY, end: NOW });
  expect(clickExportQuery(request, NOW - 90 * DAY).range).toEqual({ start: NOW - 90 * DAY, end: NOW });
  expect(clickListQuery(request).order).toBe('link');
});
