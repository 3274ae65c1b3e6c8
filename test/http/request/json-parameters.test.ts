import { expect, test } from '@jest/globals';
import { jsonParameters } from '../../../src/http/request/json-parameters.ts';
import { splitList } from '../../../src/stats/parse/raw-parameters.ts';

const NAMES = ['group_by', 'browser', 'limit', 'breakdown', 'filters', 'start_date'];
const parse = (question: Readonly<Record<string, unknown>>) => jsonParameters(question, NAMES);

test.each<[Readonly<Record<string, unknown>>, object]>([
  [{}, {}],
  [{ group_by: 'time,browser' }, { group_by: 'time,browser' }],
  [{ group_by: ['time', 'browser'] }, { group_by: 'time,browser' }],
  [{ group_by: ['time,browser'] }, { group_by: 'time\\,browser' }],
  [{ browser: ['Chrome', 'Edge'] }, { browser: ['Chrome', 'Edge'] }],
  [{ browser: 'Chrome,Edge' }, { browser: 'Chrome,Edge' }],
  [{ browser: [] }, { browser: [] }],
  [
    { limit: 10, breakdown: true },
    { limit: '10', breakdown: 'true' },
  ],
  [{ start_date: 1_767_225_600 }, { start_date: '1767225600' }],
  [{ limit: null }, {}],
  [{ filters: { browser: ['Chrome'] } }, { filters: '{"browser":["Chrome"]}' }],
  [{ filters: ['and', []] }, { filters: '["and",[]]' }],
  [{ browser: '\ud800' }, { browser: '\ufffd' }],
])('%j is %j', (question, expected) => {
  expect(parse(question)).toEqual(expected);
});

test.each(['a,b', 'a\\,b', 'ends with \\', ',', '\\,\\'])('a value in a list stays %j', (value) => {
  const { browser = [] } = parse({ browser: [value, 'x'] });
  expect([browser].flat().flatMap(splitList)).toEqual([value, 'x']);
});

test.each<[Readonly<Record<string, unknown>>, string, string]>([
  [{ browsr: 'x' }, 'browsr', 'Did you mean browser?'],
  [{ toString: 'x' }, 'toString', 'is not a parameter'],
  [{ limit: {} }, 'limit', 'must be a text, a number'],
  [{ browser: [['x']] }, 'browser', 'must be a text, a number'],
  [{ browser: [null] }, 'browser', 'must be a text, a number'],
  [{ limit: [10] }, 'limit', 'must be one value, not a list'],
  [{ start_date: ['2026-01-01'] }, 'start_date', 'must be one value, not a list'],
])('%j is refused', (question, field, message) => {
  expect(() => parse(question)).toThrow(
    expect.objectContaining({ field, message: expect.stringContaining(message) }),
  );
});

test('more fields than a query string may have are refused before they are looked at', () => {
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, place) => [`unknown${place}`, 'x']));
  expect(() => parse(many)).toThrow('at most 1000 parameters');
});
