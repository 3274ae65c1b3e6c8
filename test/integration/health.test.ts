import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

describe('health', () => {
  let spoor: TestSpoor;
  beforeAll(async () => {
    spoor = await startSpoor();
  });
  afterAll(() => spoor.stop());

  test.each(['/health', '/ready'])('%s answers 200 without a key', async (path) => {
    expect((await spoor.send('GET', path, { key: null })).status).toBe(200);
  });

  test('another method of a known route is 405 and told which it takes; an unknown route is 404', async () => {
    const wrong = await spoor.send('POST', '/api/v1/stats', { json: {} });
    expect([wrong.status, wrong.json.code]).toEqual([405, 'method_not_allowed']);
    expect(wrong.headers.get('allow')).toContain('GET');
    for (const method of ['GET', 'PATCH', 'PROPFIND']) {
      expect((await spoor.send(method, '/api/v1/nothing')).json.code).toBe('not_found');
    }
    const unheardOf = await spoor.send('PROPFIND', '/api/v1/stats');
    expect([unheardOf.status, unheardOf.json.code]).toEqual([405, 'method_not_allowed']);
  });

  test('/metrics counts requests by the route, clicks and queries', async () => {
    await spoor.send('POST', '/api/v1/clicks', { ndjson: [{ short_code: 'counted' }, {}] });
    const { text } = await spoor.send('GET', '/metrics', { key: null });
    expect(text).toContain('spoor_clicks_total{outcome="accepted"} 1');
    expect(text).toContain('spoor_clicks_total{outcome="rejected"} 1');
    expect(text).toMatch(
      /spoor_http_request_duration_seconds_count\{method="POST",route="\/api\/v1\/clicks",status="200"\} 1/,
    );
    expect(text).toMatch(/spoor_clickhouse_query_duration_seconds_count\{kind="insert",outcome="ok"\} [1-9]/);
  });
});
