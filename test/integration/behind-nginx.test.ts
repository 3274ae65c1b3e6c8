import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../src/sql/sql.ts';
import { waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

/** Far more than the buffers between ClickHouse and a client can hold. */
const GROUPS = 400_000;

const EXPORT =
  '/api/v1/export?format=xml&owner_id=big&start_date=2025-01-01&end_date=2025-01-02&group_by=city';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor({ SPOOR_TRUST_PROXY: '1' });
  await spoor.database.commandText(
    `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer)
    SELECT 'big', 'big', toDateTime64('2025-01-01 12:00:00', 3, 'UTC'), number, 'Chrome', 'Linux', 'DE',
      concat('A city of some length, number ', toString(number)), 'Direct' FROM numbers(${GROUPS})`,
  );
});
afterAll(() => spoor.stop());

/** `1.0` is what nginx speaks unless it is told otherwise. */
describe.each(['1.0', '1.1'])('behind nginx that speaks HTTP/%s', (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-nginx-'));
  const socketPath = join(folder, 'socket');
  let nginx: ChildProcess;

  beforeAll(async () => {
    const configuration = join(folder, 'nginx.conf');
    writeFileSync(configuration, configurationOf(folder, new URL(spoor.url).host, version));
    nginx = spawn('nginx', ['-p', folder, '-c', configuration, '-e', join(folder, 'error.log')], {
      stdio: 'inherit',
    });
    await waitUntil('nginx', () => existsSync(socketPath));
  });
  afterAll(async () => {
    nginx.kill();
    await once(nginx, 'close');
    rmSync(folder, { recursive: true });
  });

  const send = async (options: RequestOptions, body?: Buffer): Promise<IncomingMessage> => {
    const outgoing = request({ socketPath, agent: false, ...options });
    outgoing.on('error', () => {}).end(body);
    const [response]: IncomingMessage[] = await once(outgoing, 'response');
    if (response === undefined) throw new Error('No response.');
    return response;
  };

  test('a cut export ends with an error', async () => {
    const response = await send({ path: EXPORT, headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    expect(response.statusCode).toBe(200);
    await spoor.database.commandText(`KILL QUERY WHERE query_id IN (${await runningExport()}) ASYNC`);
    await expect(bytesOf(response)).rejects.toThrow();
    expect(response.complete).toBe(false);
  });

  test('a whole one does not', async () => {
    expect(
      await bytesOf(await send({ path: EXPORT, headers: { authorization: `Bearer ${ADMIN_KEY}` } })),
    ).toBeGreaterThan(10 * GROUPS);
  });

  test('a body that is refused by its head gets its answer', async () => {
    const headers = { authorization: 'Bearer spoo_unknown', 'content-type': 'application/x-ndjson' };
    const options = { method: 'POST', path: '/api/v1/clicks', headers };
    for (let time = 0; time < 5; time++) {
      expect((await send(options, Buffer.alloc(16 * 1_048_576))).statusCode).toBe(401);
    }
  });
});

/** @throws Error when the connection broke */
async function bytesOf(response: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const piece of response) bytes += piece.length;
  return bytes;
}

async function runningExport(): Promise<string> {
  const [row] = await spoor.database.rows<[string]>(
    sql`SELECT query_id FROM system.processes
    WHERE current_database = currentDatabase() AND endsWith(query, 'FORMAT RawBLOB')`,
  );
  return `'${row?.[0]}'`;
}

/** Without files for what its clients do not read: an export is to wait for its reader. */
function configurationOf(folder: string, upstream: string, version: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    master_process off;
    pid ${folder}/pid;
    error_log ${folder}/error.log;
    events {}
    http {
      access_log off;
      client_max_body_size 64m;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      server {
        listen unix:${folder}/socket;
        location / {
          proxy_pass http://${upstream};
          proxy_http_version ${version};
          proxy_set_header Connection "";
          proxy_set_header X-Forwarded-For 192.0.2.1;
          proxy_request_buffering off;
          proxy_max_temp_file_size 0;
        }
      }
    }`;
}
