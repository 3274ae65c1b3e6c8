import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { refuseFewDescriptors } from '../../src/process/descriptors.ts';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { endProcesses, newFolder } from '../support/process.ts';

afterEach(endProcesses);

test.each(['20', '64', '128'])('with ulimit -n %s one line says what to raise', (descriptors) => {
  const folder = join(newFolder(), 'data');
  for (const command of ['serve', 'demo', 'migrate', 'stats']) {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -n "$1"; exec "$2" "$3" "$4"',
        'sh',
        descriptors,
        process.execPath,
        join(PACKAGE_ROOT, 'dist/cli.js'),
        command,
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', PORT: '0', SPOOR_DATA_DIR: folder } },
    );
    expect([command, status, stdout, stderr]).toEqual([
      command,
      1,
      '',
      expect.stringMatching(/^spoor: A limit of \d+ open files is too low: [^\n]*ulimit -n[^\n]*\n$/),
    ]);
  }
  expect(existsSync(folder)).toBe(false);
});

test.each([256, 1_024, Infinity])('a limit of %d is taken', (limit) => {
  expect(() => refuseFewDescriptors(limit)).not.toThrow();
});
