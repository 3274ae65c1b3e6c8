import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { grownFile } from '../../src/cli/grown-file.ts';
import { newFolder, waitUntil } from '../support/process.ts';

let path: string;
let ending: AbortController;
let read: string;
let over: Promise<void>;
beforeEach(() => {
  path = join(newFolder(), 'a.log');
  ending = new AbortController();
  read = '';
});
afterEach(async () => {
  ending.abort();
  await over;
});

function follow(): void {
  over = (async () => {
    for await (const piece of grownFile(path, ending.signal)) read += piece.toString();
  })();
}

const untilRead = (text: string): Promise<unknown> => waitUntil(JSON.stringify(text), () => read === text);

test('a file that does not exist is waited for, and what is appended to it is read', async () => {
  follow();
  writeFileSync(path, 'one\ntw');
  await untilRead('one\ntw');
  appendFileSync(path, 'o\n');
  await untilRead('one\ntwo\n');
});

test('a file that was renamed is read to its end before the new one', async () => {
  writeFileSync(path, 'one\n');
  follow();
  await untilRead('one\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, '');
  // The writer still has the former one open.
  appendFileSync(`${path}.1`, 'two\n');
  await untilRead('one\ntwo\n');
  appendFileSync(path, 'four\n');
  appendFileSync(`${path}.1`, 'three');
  await untilRead('one\ntwo\nthree\nfour\n');
});

test('a file that was cut to nothing is read from its start', async () => {
  writeFileSync(path, 'one\ntwo\nthree');
  follow();
  await untilRead('one\ntwo\nthree');
  truncateSync(path);
  appendFileSync(path, 'four\n');
  await untilRead('one\ntwo\nthree\nfour\n');
});

test.each(['four\nfive', 'four\nfive\nand six\n'])(
  'a file that was cut and has grown to its size or more since is, too: %j',
  async (content) => {
    writeFileSync(path, 'one\ntwo\n!');
    follow();
    await untilRead('one\ntwo\n!');
    writeFileSync(path, content);
    await untilRead(`one\ntwo\n!\n${content}`);
  },
);

test('a folder is an error', async () => {
  path = newFolder();
  over = Promise.resolve();
  await expect(grownFile(path, ending.signal).next()).rejects.toThrow(`${path} is a directory.`);
});
