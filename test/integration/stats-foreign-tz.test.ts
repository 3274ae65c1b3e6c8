import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { compareWithReference } from '../support/random-stats.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

const name = `test_${randomBytes(6).toString('hex')}`;
const server = {
  url: process.env['TEST_CLICKHOUSE_URL'] ?? '',
  user: process.env['TEST_CLICKHOUSE_USER'] ?? '',
  password: process.env['TEST_CLICKHOUSE_PASSWORD'] ?? '',
};
const folder = mkdtempSync(join(tmpdir(), 'spoor-data-'));
let child: ChildProcessWithoutNullStreams;
let url: string;

beforeAll(async () => {
  child = spawn(process.execPath, ['dist/cli.js', 'serve'], {
    env: {
      PATH: process.env['PATH'],
      TZ: 'America/St_Johns',
      PORT: '0',
      SPOOR_DATA_DIR: folder,
      CLICKHOUSE_URL: server.url,
      CLICKHOUSE_USER: server.user,
      CLICKHOUSE_PASSWORD: server.password,
      CLICKHOUSE_DATABASE: name,
      SPOOR_ADMIN_KEY: ADMIN_KEY,
      SPOOR_VISITOR_SECRET: 'a secret of the tests',
      SPOOR_RATE_LIMITS: 'off',
    },
  });
  child.stderr.pipe(process.stderr);
  url = await listeningUrl(child);
});

afterAll(async () => {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
  const database = new Database(server, name);
  await database.commandText(`DROP DATABASE IF EXISTS ${name} SYNC`);
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The address in the line that says it listens; the lines after it are read and dropped. */
async function listeningUrl(process: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    process.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
    createInterface(process.stdout).on('line', (line) => {
      const entry = JSON.parse(line);
      if (entry.msg === 'listening') resolve(entry.url);
    });
  });
}

test('a process whose own time zone is off by half an hour answers the same', async () => {
  await compareWithReference(
    { url, adminKey: ADMIN_KEY },
    { clicks: 300, questions: 150, milliseconds: 12_000 },
  );
}, 240_000);
