import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { ClickRemoval } from '../../src/erasure/click-removal.ts';
import { runCommand } from '../support/commands.ts';
import { endProcesses, newFolder, startServer, waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const IP = '203.0.113.7';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Clicks of three owners, three links, three days and four visitors. */
const CLICKS = [
  { short_code: 'a1', clicked_at: '2026-01-10T10:00:00.000Z', ip: IP, user_agent: AGENT },
  { short_code: 'a1', clicked_at: '2026-01-11T23:59:59.999Z', ip: IP },
  { short_code: 'a1', clicked_at: '2026-01-12T00:00:00.000Z', user_agent: AGENT },
  { short_code: 'a1', clicked_at: '2026-02-12T00:00:00.000Z' },
  { short_code: 'a2', clicked_at: '2026-01-10T10:00:00.000Z', ip: `::ffff:${IP}`, user_agent: AGENT },
  { short_code: 'a2', clicked_at: '2026-01-10T18:30:00.000Z', ip: IP },
  { short_code: 'b1', clicked_at: '2026-01-10T10:00:00.001Z', ip: IP, user_agent: AGENT },
  { short_code: 'b1', clicked_at: '2026-01-11T10:00:00.000Z' },
] as const;

const places = CLICKS.map((_, place) => place);

describe('erasing clicks', () => {
  let spoor: TestSpoor;
  beforeAll(async () => {
    spoor = await startSpoor();
    for (const [code, owner] of [
      ['a1', 'alice'],
      ['a2', 'alice'],
      ['b1', 'bob'],
    ] as const) {
      await spoor.send('PUT', `/api/v1/urls/${code}`, { json: { owner_id: owner } });
    }
  });
  afterAll(() => spoor.stop());

  const add = async (): Promise<void> => {
    for (const { database, table } of spoor.clickTables)
      await database.commandText(`TRUNCATE TABLE ${table}`);
    const named = CLICKS.map((click, place) => ({ ...click, click_id: String(place) }));
    const { json } = await spoor.send('POST', '/api/v1/clicks', { ndjson: named });
    expect(json).toEqual({ accepted: CLICKS.length, rejected: [] });
  };
  const left = async (): Promise<readonly number[]> => {
    const rows = await spoor.database.rows<[string]>(sql`SELECT click_id FROM clicks`);
    return rows.map(([place]) => Number(place)).toSorted((a, b) => a - b);
  };
  const erase = (json: unknown, key?: string | null) =>
    spoor.send('DELETE', '/api/v1/clicks', key === undefined ? { json } : { json, key });
  const total = async (): Promise<number> =>
    (
      await spoor.send('GET', '/api/v1/stats', {
        query: { owner_id: '*', start_date: '2000-01-01', group_by: 'browser' },
      })
    ).json.summary.total_clicks;

  test.each<[object, readonly number[]]>([
    [{ owner_id: 'alice' }, [0, 1, 2, 3, 4, 5]],
    [{ owner_id: 'nobody' }, []],
    [{ short_code: 'b1' }, [6, 7]],
    [{ short_code: 'A1' }, []],
    [{ owner_id: 'alice', short_code: 'b1' }, []],
    [{ start_date: '2026-01-12' }, [2, 3]],
    [{ end_date: '2026-01-10' }, [0, 4, 5, 6]],
    [{ start_date: '2026-01-10T10:00:00Z', end_date: '2026-01-10T10:00:00Z' }, [0, 4]],
    [{ start_date: 1768039200.001, end_date: '1768039200001' }, [6]],
    [{ start_date: '2026-01-11', end_date: '2026-01-11' }, [1, 7]],
    // In Kolkata the day begins at 18:30 of the day before in UTC.
    [{ start_date: '2026-01-11', end_date: '2026-01-11', timezone: 'Asia/Kolkata' }, [5, 7]],
    [{ start_date: '0001-01-01', end_date: '1999-12-31' }, []],
    [{ start_date: '2026-02-01', end_date: '9999-12-31' }, [3]],
    [{ ip: IP, user_agent: AGENT }, [0, 4, 6]],
    [{ ip: `::FFFF:${IP}`, user_agent: AGENT }, [0, 4, 6]],
    [{ ip: IP }, [1, 5]],
    [{ ip: IP, user_agent: '' }, [1, 5]],
    [{ user_agent: AGENT }, [2]],
    [{ ip: IP, user_agent: AGENT, owner_id: 'alice', end_date: '2026-01-10' }, [0, 4]],
    [{ ip: '203.0.113.8' }, []],
  ])('%j', async (selectors, expected) => {
    await add();
    const { status, json } = await erase(selectors);
    expect([status, json]).toEqual([200, { erased: expected.length }]);
    expect(await total()).toBe(CLICKS.length - expected.length);
    expect(await left()).toEqual(places.filter((place) => !expected.includes(place)));
    expect((await erase(selectors)).json).toEqual({ erased: 0 });
  });

  test.each<[string, unknown, string]>([
    ['no body', undefined, 'body'],
    ['an empty one', {}, 'body'],
    ['a time zone alone', { timezone: 'UTC' }, 'body'],
    ['a list', [{ owner_id: 'alice' }], 'body'],
    ['a misspelt selector', { owner: 'alice', short_code: 'a1' }, 'owner'],
    ['a selector that lost its value', { owner_id: null, short_code: 'a1' }, 'owner_id'],
    ['an empty owner', { owner_id: '', short_code: 'a1' }, 'owner_id'],
    ['every owner', { owner_id: '*' }, 'owner_id'],
    ['an empty short code', { short_code: '' }, 'short_code'],
    ['a null short code', { owner_id: 'alice', short_code: null }, 'short_code'],
    ['a list of codes', { short_code: ['a1'] }, 'short_code'],
    ['an empty date', { owner_id: 'alice', start_date: '' }, 'start_date'],
    ['digits that mean a date', { owner_id: 'alice', start_date: 20260101 }, 'start_date'],
    ['a date that is none', { owner_id: 'alice', end_date: '2026-02-30' }, 'end_date'],
    ['a null date', { owner_id: 'alice', end_date: null }, 'end_date'],
    ['dates the wrong way round', { start_date: '2026-01-02', end_date: '2026-01-01' }, 'start_date'],
    ['an unknown time zone', { owner_id: 'alice', timezone: 'Mars' }, 'timezone'],
    ['an address that is none', { ip: '203.0.113' }, 'ip'],
    ['an empty address', { ip: '', user_agent: AGENT }, 'ip'],
    ['a null agent', { ip: IP, user_agent: null }, 'user_agent'],
    ['a visitor of nothing', { user_agent: '' }, 'user_agent'],
    ['a blank visitor id', { visitor_id: ' ' }, 'visitor_id'],
    ['a visitor id with an address', { visitor_id: 'v', ip: IP }, 'visitor_id'],
    ['a visitor id with an empty agent', { visitor_id: 'v', user_agent: '' }, 'visitor_id'],
    ['a visitor id beyond any click', { visitor_id: 'v'.repeat(257) }, 'visitor_id'],
    ['an agent beyond any click', { user_agent: 'x'.repeat(2_049) }, 'user_agent'],
  ])('%s is 400 and erases nothing', async (_, body, field) => {
    await add();
    const { status, json } = await erase(body);
    expect([status, json.code, json.field]).toEqual([400, 'validation_error', field]);
    expect(await left()).toEqual(places);
  });

  test('a visitor id selects the clicks that came with it, whatever address they had', async () => {
    await add();
    const visitor = { ip: IP, user_agent: AGENT };
    const ndjson = [{ visitor_id: 'v', ...visitor }, { visitor_id: 'v' }, { visitor_id: 'w' }, visitor];
    await spoor.send('POST', '/api/v1/clicks', {
      ndjson: ndjson.map((click, place) => ({ short_code: 'a1', ...click, click_id: String(100 + place) })),
    });
    expect((await erase({ visitor_id: 'v' })).json).toEqual({ erased: 2 });
    expect(await left()).toEqual([...places, 102, 103]);
  });

  test('a query string selects nothing', async () => {
    await add();
    const query = { short_code: 'a' };
    for (const options of [{ query }, { query, json: { owner_id: 'alice' } }]) {
      const { status, json } = await spoor.send('DELETE', '/api/v1/clicks', options);
      expect([status, json.code]).toEqual([400, 'validation_error']);
    }
    expect(await left()).toEqual(places);
  });

  test('it takes an administrator', async () => {
    await add();
    const key = await spoor.createKey('alice', ['clicks:write', 'urls:write', 'stats:read', 'urls:read']);
    expect((await erase({ owner_id: 'alice' }, key)).status).toBe(403);
    expect((await erase({ owner_id: 'alice' }, null)).status).toBe(401);
    expect((await erase({ nonsense: 1 }, key)).status).toBe(403);
    const query = { short_code: 'a' };
    expect((await spoor.send('DELETE', '/api/v1/clicks', { key, query })).status).toBe(400);
    expect(await left()).toEqual(places);
  });

  test('overlapping erasures count each click once, whatever comes in between them', async () => {
    await add();
    const enough = new AbortController();
    let sent = 0;
    const pour = async (): Promise<void> => {
      while (!enough.signal.aborted) {
        const clicks = Array.from({ length: 50 }, () => ({ short_code: 'b1', clicked_at: '2026-03-01' }));
        const { json } = await spoor.send('POST', '/api/v1/clicks', { ndjson: clicks });
        sent += json.accepted;
      }
    };
    const pouring = [pour(), pour()];
    const answers: number[] = [];
    for (let round = 0; round < 3; round++) {
      const some = await Promise.all([
        erase({ owner_id: 'bob' }),
        erase({ short_code: 'b1' }),
        erase({ start_date: '2026-02-20' }),
      ]);
      answers.push(...some.map(({ json }) => json.erased));
    }
    enough.abort();
    await Promise.all(pouring);
    answers.push((await erase({ short_code: 'b1' })).json.erased);
    expect(answers.reduce((a, b) => a + b)).toBe(sent + 2);
    expect(await left()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a request sent again after its clicks were erased adds nothing', async () => {
    await add();
    const again = () =>
      spoor.send('POST', '/api/v1/clicks', {
        json: { short_code: 'a2', click_id: '99' },
        headers: { 'idempotency-key': 'erased-later' },
      });
    await again();
    expect((await erase({ start_date: '2026-03-01' })).json).toEqual({ erased: 1 });
    expect((await again()).json).toEqual({ accepted: 1, rejected: [] });
    expect(await left()).toEqual(places);
  });

  test('erased clicks leave the disk, not only the answers', async () => {
    await add();
    await erase({ owner_id: 'alice' });
    await new ClickRemoval(spoor.clickTables, { note: async () => {} }).rewriteDeleted();
    await waitUntil('the parts to be rewritten', async () => {
      const rows = await Promise.all(
        spoor.clickTables.map(({ database, table }) =>
          database.rows<[number]>(sql`SELECT sum(rows) FROM system.parts
            WHERE database = currentDatabase() AND table = ${param('String', table)} AND active`),
        ),
      );
      return rows.flat(2).reduce((sum, count) => sum + count, 0) === 2;
    });
    expect(await left()).toEqual([6, 7]);
  });

  test('a start has rewritten what was marked before', async () => {
    await add();
    const other = await startSpoor({ CLICKHOUSE_DATABASE: spoor.database.name });
    await erase({ owner_id: 'alice' });
    await other.running.stop();
    const third = await startSpoor({ CLICKHOUSE_DATABASE: spoor.database.name });
    await waitUntil('the parts to be rewritten', async () => {
      const rows = await spoor.database.rows(sql`
        SELECT 1 FROM system.parts
        WHERE database = currentDatabase() AND table = 'clicks' AND active AND has_lightweight_delete`);
      return rows.length === 0;
    });
    await third.running.stop();
    await other.database.close();
    await third.database.close();
    expect(await left()).toEqual([6, 7]);
  });
});

describe('the command erase', () => {
  afterEach(endProcesses);

  test('erases through a running server and without one, and asks before it does', async () => {
    const settings = { SPOOR_DATA_DIR: newFolder(), LOG_LEVEL: 'info' };
    const file = join(settings.SPOOR_DATA_DIR, 'clicks.ndjson');
    writeFileSync(file, CLICKS.map((click) => `${JSON.stringify(click)}\n`).join(''));
    const { server } = await startServer(settings);
    const imported = await runCommand(['import', file, '--owner', 'me', '--json'], settings);
    expect(imported.code).toBe(0);

    const unsure = await runCommand(['erase', '--owner', 'me'], settings);
    expect([unsure.code, unsure.stdout, unsure.stderr]).toEqual([
      2,
      '',
      'spoor: Erased clicks cannot be recovered: add --yes to confirm.\n',
    ]);
    for (const args of [
      ['erase', '--yes'],
      ['erase', '--yes', '--timezone', 'UTC'],
    ]) {
      const { code, stderr } = await runCommand(args, settings);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^spoor: Say which clicks.*\n$/);
    }
    for (const input of ['', '{}', '[]', 'null', '{"ip": 5}', `{"ip": "${IP}", "agent": "x"}`]) {
      const { code, stderr } = await runCommand(
        ['erase', '--visitor', '--yes', '--owner', 'me'],
        settings,
        input,
      );
      expect([input, code]).toEqual([input, 2]);
      expect(stderr).toMatch(/^spoor: --visitor needs .*\n$/);
      expect(stderr).not.toContain(IP);
    }

    const visitor = JSON.stringify({ ip: IP, user_agent: AGENT });
    const one = await runCommand(['erase', '--visitor', '--yes', '--json'], settings, visitor);
    expect([one.code, JSON.parse(one.stdout), one.stderr]).toEqual([0, { erased: 3 }, '']);
    expect(server.stdout).not.toContain(IP);
    expect(server.stdout).not.toContain('Firefox');

    const wrong = await runCommand(['erase', '--yes', '--start-date', 'yesterday'], settings);
    expect([wrong.code, wrong.stdout]).toEqual([1, '']);
    expect(wrong.stderr).toMatch(/^spoor: start_date must be .*\n$/);

    server.signal('SIGTERM');
    await server.ended;
    const rest = await runCommand(['erase', '--owner', 'me', '--end-date', '2026-01-11', '--yes'], settings);
    expect([rest.code, rest.stdout, rest.stderr]).toEqual([0, 'Erased 3 clicks.\n', '']);

    const again = await runCommand(['import', file, '--owner', 'me', '--json'], settings);
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0 });
    const gone = await runCommand(['erase', '--owner', 'me', '--yes', '--json'], settings);
    expect(JSON.parse(gone.stdout)).toEqual({ erased: 2 });
  });
});
