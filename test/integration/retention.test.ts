import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../src/config.ts';
import { applyRetention } from '../../src/clicks/retention.ts';
import { type Sql, param, sql } from '../../src/sql/sql.ts';
import { stopSharing, waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Minutes before the start of the tests, half of them past a retention of ten days. */
const AGES = [1, 60, 5 * 1440, 10 * 1440 - 30, 10 * 1440 + 1, 10 * 1440 + 90, 20 * 1440, 400 * 1440];

describe('retention', () => {
  const now = Date.now();
  let forGood: TestSpoor;
  let tenDays: TestSpoor;
  const query = { owner_id: '*', start_date: '2000-01-01', group_by: 'browser,short_code' };
  const ages = (spoor: TestSpoor) =>
    spoor.database.rows<[string]>(sql`SELECT click_id FROM clicks ORDER BY clicked_at DESC`);
  const ttl = async (spoor: TestSpoor): Promise<string> => {
    const found = new Set<string>();
    for (const { database, table } of spoor.clickTables) {
      const [row] = await database.rows<[string]>(sql`
        SELECT extract(engine_full, ' TTL (.*) SETTINGS') FROM system.tables
        WHERE database = currentDatabase() AND name = ${param('String', table)}`);
      found.add(row?.[0] ?? '');
    }
    return [...found].join(' and elsewhere ');
  };
  const mutations = async (spoor: TestSpoor, condition: Sql): Promise<number> => {
    let count = 0;
    for (const { database } of spoor.clickTables) {
      const [row] = await database.rows<[number]>(sql`
        SELECT count() FROM system.mutations WHERE database = currentDatabase() AND ${condition}`);
      count += row?.[0] ?? 0;
    }
    return count;
  };
  const settled = (spoor: TestSpoor) =>
    waitUntil('the changes to be applied', async () => (await mutations(spoor, sql`NOT is_done`)) === 0);
  const again = (days: string) =>
    startSpoor({ CLICKHOUSE_DATABASE: forGood.database.name, SPOOR_RETENTION_DAYS: days });

  beforeAll(async () => {
    forGood = await startSpoor();
    const clicks = AGES.map((age) => ({
      short_code: 'link',
      clicked_at: now - age * MINUTE,
      browser: `age ${age}`,
      click_id: String(age),
    }));
    const { json } = await forGood.send('POST', '/api/v1/clicks', { ndjson: clicks });
    expect(json.accepted).toBe(AGES.length);
    tenDays = await again('10');
  });
  afterAll(() => stopSharing([tenDays, forGood]));

  test('answers leave out what is past it at once, whatever ClickHouse has removed', async () => {
    const { json } = await tenDays.send('GET', '/api/v1/stats', { query });
    expect(json.summary.total_clicks).toBe(4);
    expect(json.summary.first_click).toBe(
      new Date(now - (10 * 1440 - 30) * MINUTE).toISOString().replace('Z', '+00:00'),
    );
    expect(
      json.metrics.clicks_by_browser.map(({ browser }: { browser: string }) => browser).toSorted(),
    ).toEqual(
      AGES.slice(0, 4)
        .map((age) => `age ${age}`)
        .toSorted(),
    );
    const past = { ...query, end_date: new Date(now - 10 * DAY - HOUR).toISOString() };
    expect((await tenDays.send('GET', '/api/v1/stats', { query: past })).json.summary).toMatchObject({
      total_clicks: 0,
      first_click: null,
    });
    // The one a minute past it: ClickHouse itself waits an hour longer.
    const edge = { ...query, start_date: new Date(now - 11 * DAY).toISOString() };
    expect((await tenDays.send('GET', '/api/v1/stats', { query: edge })).json.summary.total_clicks).toBe(4);
  });

  test('an export begins with the oldest click that is kept', async () => {
    const { json } = await tenDays.send('GET', '/api/v1/export', {
      query: { owner_id: '*', format: 'json', group_by: 'browser' },
    });
    expect(json.summary.total_clicks).toBe(4);
    expect(Date.parse(json.time_range.start_date)).toBe(now - (10 * 1440 - 30) * MINUTE);
  });

  test('ClickHouse removes what is past it', async () => {
    await settled(tenDays);
    // The click that is past it by a minute may still be there.
    await waitUntil('the old clicks to be removed', async () => (await ages(tenDays)).length === 5);
    expect((await ages(tenDays)).map(([age]) => Number(age))).toEqual(AGES.slice(0, 5));
  });

  test('a click that is already past it is rejected, and says why', async () => {
    const times = [now - 10 * DAY - MINUTE, now - 10 * DAY + MINUTE, now];
    const { status, json } = await tenDays.send('POST', '/api/v1/clicks', {
      ndjson: times.map((time) => ({ short_code: 'other', clicked_at: time })),
    });
    expect([status, json]).toEqual([
      200,
      {
        accepted: 2,
        rejected: [{ index: 0, field: 'clicked_at', error: 'is older than clicks are kept' }],
      },
    ]);
    await forGood.send('DELETE', '/api/v1/urls/other');
  });

  test('the table has the retention of the last start, set only where it differs', async () => {
    expect(await ttl(forGood)).toBe(
      "least(clicked_at + toIntervalHour(241), toDateTime('2106-01-01 00:00:00', 'UTC'))",
    );
    const changes = () => mutations(forGood, sql`command LIKE '%MATERIALIZE TTL%'`);
    const before = await changes();
    const same = await again('10');
    expect(await changes()).toBe(before);
    await same.running.stop();
    await same.database.close();
    const longer = await again('30');
    expect(await ttl(forGood)).toContain('toIntervalHour(721)');
    await longer.running.stop();
    await longer.database.close();
    const none = await again('');
    expect(await ttl(forGood)).toBe('');
    await none.running.stop();
    await none.database.close();
    await settled(forGood);
  });

  test('the longest retention removes nothing', async () => {
    const before = await ages(forGood);
    const longest = await again('36500');
    await settled(forGood);
    await forGood.onClickTables((table) => `OPTIMIZE TABLE ${table} FINAL`);
    expect(await ages(forGood)).toEqual(before);
    await longest.running.stop();
    await longest.database.close();
  });

  test('one taken back at once holds up no removal', async () => {
    for (const days of [5, undefined, 6, 7, undefined]) await applyRetention(forGood.clickTables, days);
    await settled(forGood);
    expect((await forGood.send('DELETE', '/api/v1/clicks', { json: { short_code: 'link' } })).status).toBe(
      200,
    );
    expect(await ages(forGood)).toEqual([]);
  });

  test("an operator's own TTL is left alone when none is set", async () => {
    await forGood.onClickTables((table) => `ALTER TABLE ${table} MODIFY TTL clicked_at + toIntervalYear(50)`);
    await applyRetention(forGood.clickTables, undefined);
    expect(await ttl(forGood)).toBe('clicked_at + toIntervalYear(50)');
  });

  test.each(['0', '36501', '1.5', '-1', 'ten', '1e3'])('SPOOR_RETENTION_DAYS=%s is refused', (value) => {
    expect(() => readConfig({ SPOOR_RETENTION_DAYS: value })).toThrow(
      new ConfigError('SPOOR_RETENTION_DAYS must be a whole number from 1 to 36500.'),
    );
  });
});
