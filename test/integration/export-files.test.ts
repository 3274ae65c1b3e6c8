import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { runCommand } from '../support/commands.ts';
import { SpoorProcess, endProcesses, newFolder, waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const question = ['--start-date', '2026-01-01', '--end-date', '2026-01-31', '--group-by', 'country'];

let spoor: TestSpoor;
let settings: { readonly SPOOR_DATA_DIR: string };
beforeAll(async () => {
  settings = { SPOOR_DATA_DIR: join(newFolder(), 'data') };
  spoor = await startSpoor(settings);
});
afterAll(async () => {
  await spoor.stop();
  await endProcesses();
});

async function exportTo(file: string): Promise<void> {
  const { code, stderr } = await runCommand(
    ['export', '--format', 'json', '-o', file, '--json', ...question],
    settings,
  );
  expect([code, stderr]).toEqual([0, '']);
}

const namesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'data')
    .toSorted((a, b) => a.localeCompare(b));

/** A server whose answer begins and never ends. */
async function startSlowServer() {
  let begun = (): void => {};
  const asked = new Promise<void>((resolve) => (begun = resolve));
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"scope":', () => begun());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    /** Cuts the answers. */
    close: () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  };
}

test('a draft lies beside it under a name of its own: nothing else there is written to or followed', async () => {
  const folder = newFolder();
  const [file, own, elsewhere] = ['clicks.json', 'clicks.json.part', 'elsewhere'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(elsewhere, 'precious');
  symlinkSync(elsewhere, own);
  await exportTo(file);
  expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
  expect(lstatSync(own).isSymbolicLink()).toBe(true);
  expect(namesIn(folder)).toEqual(['clicks.json', 'clicks.json.part', 'elsewhere']);
});

test('a file that it replaces keeps its permissions', async () => {
  const file = join(newFolder(), 'clicks.json');
  writeFileSync(file, 'something older', { mode: 0o640 });
  await exportTo(file);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(JSON.parse(readFileSync(file, 'utf8')).group_by).toEqual(['country']);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 130 and leaves nothing', async (signal) => {
  const folder = newFolder();
  const file = join(folder, 'clicks.json');
  writeFileSync(file, 'something older');
  const slow = await startSlowServer();
  const command = new SpoorProcess(
    ['export', '--format', 'json', '-o', file, '--url', slow.url, ...question],
    { SPOOR_DATA_DIR: join(folder, 'data') },
  );
  await waitUntil('the draft', () => readdirSync(folder).some((name) => name.endsWith('.part')));
  await slow.asked;
  command.signal(signal);
  expect(await command.ended).toMatchObject({ code: 130 });
  expect(namesIn(folder)).toEqual(['clicks.json']);
  expect(readFileSync(file, 'utf8')).toBe('something older');
  await slow.close();
});

test('an answer that breaks off leaves nothing but what was there', async () => {
  const folder = newFolder();
  const file = join(folder, 'clicks.json');
  writeFileSync(file, 'something older');
  const slow = await startSlowServer();
  const command = new SpoorProcess(
    ['export', '--format', 'json', '-o', file, '--url', slow.url, ...question],
    { SPOOR_DATA_DIR: join(folder, 'data') },
  );
  await slow.asked;
  await slow.close();
  expect(await command.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('was interrupted') });
  expect(namesIn(folder)).toEqual(['clicks.json']);
  expect(readFileSync(file, 'utf8')).toBe('something older');
});

test.each([
  ['standard output by its name', '-o /dev/stdout | cat > "$0"'],
  ['standard output that is a file', '-o /dev/stdout >> "$0"'],
  ['standard error by its name', '-o /dev/stderr 2> "$0"'],
  ['a process that takes it', '-o >(cat > "$0.all"; mv "$0.all" "$0")'],
  ['a named pipe', '-o "$0.pipe"'],
])('%s takes the bytes as they come', async (what, words) => {
  const folder = newFolder();
  const file = join(folder, 'clicks.json');
  const line = `'${process.execPath}' dist/cli.js export --format json ${question.join(' ')} ${words}`;
  const whole = what === 'a named pipe' ? `mkfifo "$0.pipe"; cat "$0.pipe" > "$0" & ${line}; wait` : line;
  await promisify(execFile)('bash', ['-c', whole, file], {
    cwd: PACKAGE_ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...settings },
  });
  const text = await waitUntil('all of it', () => existsSync(file) && readFileSync(file, 'utf8'));
  expect(JSON.parse(text).group_by).toEqual(['country']);
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});
