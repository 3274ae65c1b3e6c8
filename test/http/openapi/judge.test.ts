import { expect, test } from '@jest/globals';
import { EXPORTED_EXAMPLE, STATS_EXAMPLE } from '../../../src/http/api/stats-examples.ts';
import { documentJudge } from '../../support/outside.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

const answered =
  (status: number, body: unknown, path = '/api/v1/stats', method = 'GET', json?: unknown) =>
  () =>
    documentJudge.check({ method, path, status, type: JSON_TYPE, text: JSON.stringify(body), json });

const { summary: _, ...withoutSummary } = EXPORTED_EXAMPLE;
const misnamed = { ...STATS_EXAMPLE, metrics: { clicks_by_planet: [] } };
const row = (fields: object) => ({ ...STATS_EXAMPLE, metrics: { clicks_by_browser: [fields] } });
const error = (code: string, more = {}) => ({ error: 'No.', code, error_code: code, ...more });
const good = { browser: 'Chrome', clicks: 1, clicks_percentage: 100 };

test('answers as documented pass', () => {
  expect(answered(200, STATS_EXAMPLE)).not.toThrow();
  expect(answered(200, row(good))).not.toThrow();
  expect(answered(400, error('validation_error', { field: 'x' }))).not.toThrow();
  for (const example of [EXPORTED_EXAMPLE, STATS_EXAMPLE]) {
    expect(answered(200, example, '/api/v1/export?format=json')).not.toThrow();
  }
  expect(answered(405, error('method_not_allowed'), '/api/v1/stats', 'PUT')).not.toThrow();
});

test.each([
  ['a field more', answered(200, { ...STATS_EXAMPLE, more: 1 })],
  ['a field less', answered(200, withoutSummary)],
  ['a field of the wrong type', answered(200, { ...STATS_EXAMPLE, timezone: 1 })],
  ['a field more in a row', answered(200, row({ ...good, os: 'x' }))],
  ['a field less in a row', answered(200, row({ browser: 'x', clicks: 1 }))],
  ['a text for a number in a row', answered(200, row({ ...good, clicks: '1' }))],
  ['a list of no known name', answered(200, misnamed)],
  [
    'a field more in the period before',
    answered(200, { ...STATS_EXAMPLE, previous: { ...STATS_EXAMPLE.previous, filters: {} } }),
  ],
  ['a field less in an export', answered(200, withoutSummary, '/api/v1/export?format=json')],
  ['a date that is none', answered(200, { ...STATS_EXAMPLE, generated_at: 'today' })],
  ['a status that is not documented', answered(418, error('validation_error'))],
  ['a code of another status', answered(400, error('forbidden'))],
  ['an unknown code', answered(400, error('no'))],
  ['an error with more in it', answered(500, error('internal_error', { stack: 'x' }))],
  ['an error of no form on an unknown route', answered(404, { message: 'No.' }, '/nowhere')],
  ['a body where none is', answered(204, {}, '/api/v1/urls/x', 'DELETE')],
  [
    'a body accepted that does not fit',
    answered(200, { erased: 1 }, '/api/v1/clicks', 'DELETE', { code: 'x' }),
  ],
])('%s does not', (_, check) => {
  expect(check).toThrow('Not as documented');
});

test('another content type does not pass, nor does no body', () => {
  const exchange = { method: 'GET', path: '/health', status: 200, type: JSON_TYPE, text: '{"status":"ok"}' };
  expect(() => documentJudge.check(exchange)).not.toThrow();
  expect(() => documentJudge.check({ ...exchange, type: 'text/html' })).toThrow('content type');
  expect(() => documentJudge.check({ ...exchange, text: '' })).toThrow('no body');
});
