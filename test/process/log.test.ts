import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';

const LINES = 1_000;

test('a process ends whose log nobody reads any more', async () => {
  const log = pathToFileURL(join(PACKAGE_ROOT, 'dist/process/log.js')).href;
  const script = `
    import { createLog } from ${JSON.stringify(log)};
    const log = createLog('info');
    process.stdin.once('end', () => {
      log.info('line');
      process.exit(7);
    });
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  try {
    child.stderr.resume();
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([7, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

test.each([
  ['an exit', 'process.exit(0)'],
  ['an uncaught error', 'throw new Error("ends it")'],
  ['SIGTERM', 'process.on("SIGTERM", () => process.exit(0)); process.kill(process.pid, "SIGTERM")'],
  ['its end', ''],
])('every line logged before %s is written, in order', async (_, end) => {
  const log = pathToFileURL(join(PACKAGE_ROOT, 'dist/process/log.js')).href;
  const script = `
    import { createLog } from ${JSON.stringify(log)};
    const log = createLog('info');
    for (let n = 0; n < ${LINES}; n++) log.info({ n }, 'line');
    ${end}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  child.stderr.resume();
  const [written] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const lines: unknown[] = written
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).n);
  expect(lines).toEqual(Array.from({ length: LINES }, (_, n) => n));
});
