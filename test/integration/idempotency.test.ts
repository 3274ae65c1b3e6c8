import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createVersions } from '../../src/clickhouse/row-versions.ts';
import { visitorHasher } from '../../src/clicks/enrich/visitor.ts';
import { type Attempt, IdempotencyLedger } from '../../src/clicks/idempotency.ts';
import { bareRow } from '../../src/clicks/click-row.ts';
import type { ClickRow } from '../../src/clicks/click-schema.ts';
import { writeClicks } from '../../src/clicks/writer.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { endProcesses, newFolder, startServer, stopSharing } from '../support/process.ts';
import {
  ADMIN_KEY,
  type SendOptions,
  type TestResponse,
  type TestSpoor,
  startSpoor,
} from '../support/spoor.ts';

const HOUR_MS = 3_600_000;
const HASH_VISITOR = visitorHasher('a secret of the tests');

/** Clicks spread over several months, so over several partitions. */
const MONTHS = ['2025-10', '2025-11', '2025-12', '2026-01'];
const clicksOf = (code: string, each: number) =>
  MONTHS.flatMap((month) =>
    Array.from({ length: each }, (_, place) => ({
      short_code: code,
      clicked_at: `${month}-15T00:00:00.${String(place).padStart(3, '0')}Z`,
      click_id: `${month}/${place}`,
    })),
  );

describe('Idempotency-Key', () => {
  let first: TestSpoor;
  let second: TestSpoor;
  let key: string;
  let count = 0;
  beforeAll(async () => {
    first = await startSpoor();
    second = await startSpoor({ CLICKHOUSE_DATABASE: first.database.name });
    key = await first.createKey('me');
  });
  afterAll(() => stopSharing([second, first]));

  const newName = (): string => `name-${++count}`;
  const post = (name: string, options: SendOptions, spoor = first): Promise<TestResponse> =>
    spoor.send('POST', '/api/v1/clicks', {
      key,
      ...options,
      headers: { 'idempotency-key': name, ...options.headers },
    });
  /** How many clicks of a code are stored, and how many different ones. */
  const stored = async (code: string) => {
    const [row] = await first.database.rows<[number, number]>(sql`
      SELECT count(), uniqExact(click_id, clicked_at) FROM clicks WHERE short_code = ${param('String', code)}`);
    return row;
  };

  test('the same request again counts once and is answered the same, whatever it held', async () => {
    const code = newName();
    const rows = [...clicksOf(code, 2), { short_code: 5 }, {}, { short_code: code, ip: '-' }];
    const answers: TestResponse[] = [];
    for (let sent = 0; sent < 3; sent++) answers.push(await post(code, { ndjson: rows }));
    expect(answers[0]?.json).toMatchObject({
      accepted: 9,
      rejected: [{ index: 8 }, { index: 9 }],
      warnings: [{ index: 10, field: 'ip' }],
    });
    for (const { status, text } of answers) expect([status, text]).toEqual([200, answers[0]?.text]);
    expect(await stored(code)).toEqual([9, 9]);
  });

  test('an answer is given again before it is stored, and stored when its server stops', async () => {
    const request = { ownerId: 'me', key: newName(), bodySha256: 'of a body' };
    const now = Date.now();
    const newLedger = () => new IdempotencyLedger(first.database, createVersions(Date.now), true);
    const ledger = newLedger();
    const attempts: Attempt[] = [];
    const give = async (attempt: Attempt): Promise<string> => {
      attempts.push(attempt);
      return 'an answer';
    };
    for (const each of [ledger, ledger, newLedger()]) {
      expect(await each.once(request, now + attempts.length, give)).toBe('an answer');
    }
    // The third does not know whether the first one's clicks were stored.
    expect(attempts).toMatchObject([
      { receivedAt: now, isRetry: false },
      { receivedAt: now, isRetry: true },
    ]);
    await ledger.close();
    expect(await newLedger().once(request, now + 1, give)).toBe('an answer');
    await expect(ledger.once({ ...request, bodySha256: 'of another' }, now, give)).rejects.toThrow(
      'another body',
    );
    expect(attempts).toHaveLength(2);
  });

  test('sent to several servers at once, it has one time: that of one of them', async () => {
    const ledgers = Array.from(
      { length: 3 },
      () => new IdempotencyLedger(first.database, createVersions(Date.now), false),
    );
    for (let sent = 0; sent < 20; sent++) {
      const request = { ownerId: 'me', key: newName(), bodySha256: 'of a body' };
      const attempts: Attempt[] = [];
      const answers = ledgers.map((ledger, place) =>
        ledger.once(request, Date.now() + place * HOUR_MS, async (attempt) => {
          attempts.push(attempt);
          await attempt.recorded();
          return 'an answer';
        }),
      );
      expect(await Promise.all(answers)).toEqual(['an answer', 'an answer', 'an answer']);
      expect(new Set(attempts.map(({ receivedAt }) => receivedAt)).size).toBe(1);
      expect(attempts.filter(({ isRetry }) => !isRetry).length).toBeLessThan(2);
    }
  });

  test('a request that was wholly rejected stays so', async () => {
    const code = newName();
    const [before, after] = [
      await post(code, { ndjson: [{ short_code: 5 }] }),
      await post(code, { ndjson: [{ short_code: 5 }] }),
    ];
    expect([before.status, after.status]).toEqual([422, 422]);
    expect(after.text).toBe(before.text);
  });

  test('without a key, or with another one, equal requests are separate clicks', async () => {
    const code = newName();
    const ndjson = [{ short_code: code, clicked_at: '2026-01-01' }];
    for (const name of [`${code}-a`, `${code}-b`]) await post(name, { ndjson });
    for (let sent = 0; sent < 2; sent++) await first.send('POST', '/api/v1/clicks', { key, ndjson });
    expect((await stored(code))?.[0]).toBe(4);
  });

  test('sent many times at once, to one server and to two, it counts once', async () => {
    const code = newName();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, place) =>
        post(code, { ndjson: clicksOf(code, 50) }, place % 2 === 0 ? first : second),
      ),
    );
    for (const { status, json } of answers)
      expect([status, json]).toEqual([200, { accepted: 200, rejected: [] }]);
    expect(await stored(code)).toEqual([200, 200]);
  });

  test('another server on the same database knows it, and so its conflicts', async () => {
    const code = newName();
    const answer = await post(code, { ndjson: clicksOf(code, 1) });
    expect((await post(code, { ndjson: clicksOf(code, 1) }, second)).text).toBe(answer.text);
    expect((await post(code, { ndjson: clicksOf(code, 2) }, second)).status).toBe(409);
    expect(await stored(code)).toEqual([4, 4]);
  });

  test('the same key with another body is a conflict, and leaves the first to be sent again', async () => {
    const code = newName();
    await post(code, { ndjson: clicksOf(code, 1) });
    const { status, json } = await post(code, { ndjson: clicksOf(code, 2) });
    expect([status, json.code]).toEqual([409, 'idempotency_conflict']);
    expect(json.error).toMatch(/\S/);
    expect((await post(code, { ndjson: clicksOf(code, 1) })).status).toBe(200);
    expect(await stored(code)).toEqual([4, 4]);
  });

  test('two bodies under one key at once: one is taken, the other a conflict', async () => {
    const code = newName();
    const answers = await Promise.all([1, 2].map((each) => post(code, { ndjson: clicksOf(code, each) })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const taken = answers.find(({ status }) => status === 200)?.json.accepted;
    expect(await stored(code)).toEqual([taken, taken]);
  });

  test('a key belongs to its owner: another owner’s is another, another API key of the owner is not', async () => {
    const name = newName();
    const other = await first.createKey('other');
    const again = await first.createKey('me');
    await post(name, { ndjson: [{ short_code: `${name}-mine` }] });
    const theirs = await post(name, { ndjson: [{ short_code: `${name}-theirs` }], key: other });
    expect(theirs.json).toEqual({ accepted: 1, rejected: [] });
    await post(name, { ndjson: [{ short_code: `${name}-mine` }], key: again });
    expect((await stored(`${name}-mine`))?.[0]).toBe(1);
    expect((await stored(`${name}-theirs`))?.[0]).toBe(1);
  });

  test('two owners’ equal keys on equal bodies are two requests', async () => {
    const name = newName();
    const other = await first.createKey('admin', ['admin:all']);
    await post(name, { ndjson: [{ short_code: name }] });
    await post(name, { ndjson: [{ short_code: name }], key: other });
    expect((await stored(name))?.[0]).toBe(2);
  });

  test('it may have 255 characters, no more', async () => {
    const ndjson = [{ short_code: newName() }];
    expect((await post('k'.repeat(255), { ndjson })).status).toBe(200);
    const { status, json } = await post('k'.repeat(256), { ndjson });
    expect([status, json.code]).toEqual([400, 'validation_error']);
  });

  describe('after a first try that was lost midway', () => {
    /** Leaves what a try leaves that ends after storing `rows`: its record, without an answer. */
    const lose = async (name: string, body: string, rows: readonly ClickRow[], receivedAt: number) => {
      const bodySha256 = createHash('sha256').update(body).digest('hex');
      const ledger = new IdempotencyLedger(first.database, createVersions(Date.now), true);
      const lost = ledger.once({ ownerId: 'me', key: name, bodySha256 }, receivedAt, async (attempt) => {
        expect(attempt).toMatchObject({ receivedAt, isRetry: false });
        await attempt.recorded();
        await writeClicks(
          first.database,
          rows.map((row, index) => ({ index, ownerId: 'me', row })),
          { name: JSON.stringify(['me', name, bodySha256]), isRetry: false },
        );
        throw new Error('lost');
      });
      await expect(lost).rejects.toThrow('lost');
    };
    const rowOf = (click: { short_code: string; clicked_at: string; click_id: string }): ClickRow => ({
      ...bareRow({ ...click, clicked_at: Date.parse(click.clicked_at) }),
      // As the same click has it when it is sent again.
      visitor: HASH_VISITOR({ ip: undefined, user_agent: undefined, visitor_id: undefined }),
    });
    const bodyOf = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

    test.each([0, 1, 2, 3, 4])(
      'with %i of 4 months stored, sending it again stores the others',
      async (months) => {
        const code = newName();
        const clicks = clicksOf(code, 5);
        await lose(code, bodyOf(clicks), clicks.slice(0, months * 5).map(rowOf), Date.now());
        for (let sent = 0; sent < 2; sent++) {
          const { status, json } = await post(code, { ndjson: clicks });
          expect([status, json]).toEqual([200, { accepted: 20, rejected: [] }]);
        }
        expect(await stored(code)).toEqual([20, 20]);
      },
    );

    test('a month whose token ClickHouse knows but whose rows it lost is stored all the same', async () => {
      const code = newName();
      const clicks = clicksOf(code, 5);
      await lose(code, bodyOf(clicks), clicks.map(rowOf), Date.now());
      for (const { database, table } of first.clickTables) {
        await database.commandText(
          `DELETE FROM ${table} WHERE short_code = '${code}' AND toYYYYMM(clicked_at) = 202601`,
          { lightweight_deletes_sync: '2' },
        );
      }
      expect((await stored(code))?.[0]).toBe(15);
      expect((await post(code, { ndjson: clicks })).status).toBe(200);
      expect(await stored(code)).toEqual([20, 20]);
    });

    test('rows without clicked_at have the first try’s time', async () => {
      const code = newName();
      const clicks = [{ short_code: code }, { short_code: code, clicked_at: '2026-01-01' }];
      const receivedAt = Date.now() - 2 * HOUR_MS;
      await lose(code, bodyOf(clicks), [], receivedAt);
      expect((await post(code, { ndjson: clicks })).json.accepted).toBe(2);
      const times = await first.database.rows<[number]>(sql`
        SELECT toUnixTimestamp64Milli(clicked_at) FROM clicks
        WHERE short_code = ${param('String', code)} ORDER BY clicked_at`);
      expect(times).toEqual([[Date.parse('2026-01-01')], [receivedAt]]);
    });

    test('another body is a conflict all the same', async () => {
      const code = newName();
      await lose(code, bodyOf(clicksOf(code, 1)), [], Date.now());
      expect((await post(code, { ndjson: clicksOf(code, 2) })).status).toBe(409);
    });

    test.each([10, 2_000])(
      'nothing of %i clicks a month is stored while the request is not on record',
      async (each) => {
        const code = newName();
        await first.database.commandText('ALTER TABLE idempotent_requests ADD CONSTRAINT full CHECK false');
        const { status } = await post(code, { ndjson: clicksOf(code, each) });
        await first.database.commandText('ALTER TABLE idempotent_requests DROP CONSTRAINT full');
        expect(status).toBeGreaterThanOrEqual(500);
        expect(await stored(code)).toEqual([0, 0]);
        const again = await post(code, { ndjson: clicksOf(code, each) });
        expect([again.status, again.json.accepted]).toEqual([200, 4 * each]);
      },
    );

    test('a failure of ClickHouse in mid-request is answered as one; sent again it completes', async () => {
      const code = newName();
      await first.database.commandText('RENAME TABLE clicks TO clicks_away');
      const failed = await post(code, { ndjson: clicksOf(code, 3) });
      await first.database.commandText('RENAME TABLE clicks_away TO clicks');
      expect(failed.status).toBeGreaterThanOrEqual(500);
      expect(failed.text).not.toMatch(/clicks_away|INSERT|at .*\.js/);
      const again = await post(code, { ndjson: clicksOf(code, 3) });
      expect([again.status, again.json.accepted]).toEqual([200, 12]);
      expect(await stored(code)).toEqual([12, 12]);
    });
  });
});

describe('Idempotency-Key over a crash', () => {
  afterEach(endProcesses);

  test('kill -9 in mid-request, then the same request to the next server: every click once', async () => {
    const settings = { SPOOR_DATA_DIR: join(newFolder(), 'data'), SPOOR_ADMIN_KEY: ADMIN_KEY };
    const body = clicksOf('crash', 1_000)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');
    const headers = {
      authorization: `Bearer ${ADMIN_KEY}`,
      'content-type': 'application/x-ndjson',
      'idempotency-key': 'crash',
    };
    const { server, url } = await startServer(settings);
    const upload = request(`${url}/api/v1/clicks`, { method: 'POST', headers });
    const lost = once(upload, 'response').catch(() => 'lost');
    upload.end(body);
    await once(upload, 'finish');
    server.signal('SIGKILL');
    await Promise.all([server.ended, lost]);

    const next = await startServer(settings);
    for (let sent = 0; sent < 2; sent++) {
      const answer = await fetch(`${next.url}/api/v1/clicks`, { method: 'POST', headers, body });
      expect([answer.status, await answer.json()]).toEqual([200, { accepted: 4_000, rejected: [] }]);
    }
    const stats = await fetch(`${next.url}/api/v1/stats?start_date=2000-01-01&group_by=browser`, { headers });
    const { summary }: any = await stats.json();
    expect(summary.total_clicks).toBe(4_000);
  });
});
