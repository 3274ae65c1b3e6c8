import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
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
  const query = { owner_id: '*', start_date: '2000-01-01', group_by: 'browser,short_code' };
  const ages = async (spoor: TestSpoor): Promise<readonly number[]> => {
    const rows = await spoor.database.rows<[string]>(
      sql`SELECT click_id FROM clicks WHERE short_code = 'link' ORDER BY clicked_at DESC`,
    );
    return rows.map(([age]) => Number(age));
  };
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
  /** One that keeps clicks for good and has one of each age. */
  const startWithClicks = async (): Promise<TestSpoor> => {
    const spoor = await startSpoor();
    const clicks = AGES.map((age) => ({
      short_code: 'link',
      clicked_at: now - age * MINUTE,
      browser: `age ${age}`,
      click_id: String(age),
    }));
    const { json } = await spoor.send('POST', '/api/v1/clicks', { ndjson: clicks });
    expect(json.accepted).toBe(AGES.length);
    return spoor;
  };
  const startOn = ({ database }: TestSpoor, days: string) =>
    startSpoor({ CLICKHOUSE_DATABASE: database.name, SPOOR_RETENTION_DAYS: days });

  describe('of ten days', () => {
    let forGood: TestSpoor;
    let tenDays: TestSpoor;
    beforeAll(async () => {
      forGood = await startWithClicks();
      tenDays = await startOn(forGood, '10');
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

    test('an owner has the clicks that are kept', async () => {
      const { json } = await tenDays.send('GET', '/api/v1/owners');
      expect(json.items).toEqual([{ owner_id: 'admin', clicks: 4 }]);
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
      expect(await ages(tenDays)).toEqual(AGES.slice(0, 5));
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
  });

  describe('that is set anew', () => {
    let spoor: TestSpoor;
    beforeEach(async () => {
      spoor = await startWithClicks();
    });
    afterEach(() => spoor.stop());
    /** What a start with that retention leaves. */
    const restart = async (days: string): Promise<void> => {
      const other = await startOn(spoor, days);
      await other.running.stop();
      await other.database.close();
    };

    test('the table has the retention of the last start, set only where it differs', async () => {
      const changes = () => mutations(spoor, sql`command LIKE '%MATERIALIZE TTL%'`);
      await restart('10');
      expect(await ttl(spoor)).toBe(
        "least(clicked_at + toIntervalHour(241), toDateTime('2106-01-01 00:00:00', 'UTC'))",
      );
      const before = await changes();
      await restart('10');
      expect(await changes()).toBe(before);
      await restart('30');
      expect(await ttl(spoor)).toContain('toIntervalHour(721)');
      await restart('');
      expect(await ttl(spoor)).toBe('');
      await settled(spoor);
    });

    test('the longest removes nothing', async () => {
      await restart('36500');
      await settled(spoor);
      await spoor.onClickTables((table) => `OPTIMIZE TABLE ${table} FINAL`);
      expect(await ages(spoor)).toEqual(AGES);
    });

    test('one taken back at once holds up no removal', async () => {
      for (const days of [5, undefined, 6, 7, undefined]) await applyRetention(spoor.clickTables, days);
      await settled(spoor);
      expect((await spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: 'link' } })).status).toBe(
        200,
      );
      expect(await ages(spoor)).toEqual([]);
    });

    test("an operator's own TTL is left alone when none is set", async () => {
      await spoor.onClickTables((table) => `ALTER TABLE ${table} MODIFY TTL clicked_at + toIntervalYear(50)`);
      await applyRetention(spoor.clickTables, undefined);
      expect(await ttl(spoor)).toBe('clicked_at + toIntervalYear(50)');
    });
  });

  test.each(['0', '36501', '1.5', '-1', 'ten', '1e3'])('SPOOR_RETENTION_DAYS=%s is refused', (value) => {
    expect(() => readConfig({ SPOOR_RETENTION_DAYS: value })).toThrow(
      new ConfigError('SPOOR_RETENTION_DAYS must be a whole number from 1 to 36500.'),
    );
  });
});
