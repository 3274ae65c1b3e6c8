import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../src/sql/sql.ts';
import { endProcesses, newFolder, runSpoor } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
let folder: string;
beforeAll(async () => {
  folder = newFolder();
  spoor = await startSpoor({ SPOOR_DATA_DIR: join(folder, 'data') });
});
afterAll(async () => {
  await spoor.stop();
  await endProcesses();
});

/** The path goes out as it is; fetch would drop such segments. @returns the status */
async function send(method: string, path: string, body?: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  const sent = request(spoor.url, { method, path, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

const stored = async (): Promise<readonly unknown[]> =>
  spoor.database.rows(sql`SELECT short_code, count() FROM clicks GROUP BY short_code ORDER BY short_code`);

const PATHS = ['.', '..', '%2e', '%2E', '%2e%2E', '.%2e'];

describe('a short code that no client can ask for', () => {
  test('is taken neither by PUT nor by POST', async () => {
    for (const path of PATHS) expect(await send('PUT', `/api/v1/urls/${path}`, '{}')).toBe(400);
    for (const short_code of ['.', '..']) {
      const { status, json } = await spoor.send('POST', '/api/v1/clicks', { json: { short_code } });
      expect([status, json.rejected ?? json.details]).toMatchObject([422, [{ field: 'short_code' }]]);
    }
    expect((await spoor.send('GET', '/api/v1/urls')).json.items).toEqual([]);
  });

  test('is rejected in every format that is imported', async () => {
    const agent = '302 0 "-" "Agent/1"';
    const files = {
      'a.ndjson': ['{"short_code":"."}', '{"short_code":".."}'],
      'a.csv': ['short_code,city', '.,Berlin', '..,Berlin'],
      'a.log': ['.', '..'].map(
        (code) => `192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /${code} HTTP/1.1" ${agent}`,
      ),
    };
    for (const [name, lines] of Object.entries(files)) {
      const path = join(folder, name);
      writeFileSync(path, `${lines.join('\n')}\n`);
      const { stdout } = await runSpoor(['import', path, '--json'], { SPOOR_DATA_DIR: join(folder, 'data') });
      const { accepted, rejected } = JSON.parse(stdout);
      expect([name, accepted, Object.keys(rejected)]).toEqual([
        name,
        0,
        [expect.stringMatching(/^short_code /)],
      ]);
    }
    expect(await stored()).toEqual([]);
  });

  test('stays to be read, erased and deleted where an earlier release has taken it', async () => {
    const url = (code: string) => JSON.stringify([code, 'old', 1_700_000_000_000, true, null, false, 1]);
    const columns = [
      'short_code',
      'owner_id',
      'created_at',
      'private_stats',
      'long_url',
      'is_deleted',
      'version',
    ];
    await spoor.database.insert('urls', columns, ['.', '..'].map(url));
    const click = (code: string) => JSON.stringify(['old', code, '2026-01-01 00:00:00.000']);
    await spoor.database.insert('clicks', ['owner_id', 'short_code', 'clicked_at'], ['.', '..'].map(click));
    const total = async (query: Record<string, string>): Promise<number> => {
      const asked = { start_date: '2026-01-01', ...query };
      return (await spoor.send('GET', '/api/v1/stats', { query: asked })).json.summary.total_clicks;
    };
    expect(await total({ scope: 'anon', short_code: '..' })).toBe(1);
    expect(await total({ owner_id: 'old', short_code: '.' })).toBe(1);
    expect(await send('GET', '/api/v1/urls/%2e%2e')).toBe(200);
    const erased = await spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: '..' } });
    expect(erased.json).toEqual({ erased: 1 });
    expect(await stored()).toEqual([['.', 1]]);
    for (const path of ['%2e', '..']) expect(await send('DELETE', `/api/v1/urls/${path}`)).toBe(204);
    expect(await stored()).toEqual([]);
  });
});
