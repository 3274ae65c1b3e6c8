import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { readOrCreateSecret, replaceVisitorSecret } from '../../src/data-dir/secrets.ts';
import { endProcesses, newFolder } from '../support/process.ts';

afterEach(endProcesses);

describe('a secret of the data directory', () => {
  test('is made once, for its owner alone, and nothing else is left', () => {
    const folder = newFolder();
    const secret = readOrCreateSecret(folder, 'visitor-secret');
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(readOrCreateSecret(folder, 'visitor-secret')).toBe(secret);
    expect(readdirSync(folder)).toEqual(['visitor-secret']);
    expect(statSync(join(folder, 'visitor-secret')).mode & 0o777).toBe(0o600);
  });

  test('is the same for processes that make it at the same time', async () => {
    const folder = newFolder();
    const script = `import { readOrCreateSecret } from ${JSON.stringify(join(PACKAGE_ROOT, 'dist/data-dir/secrets.js'))};
      process.stdin.once('data', () => {
        process.stdout.write(readOrCreateSecret(${JSON.stringify(folder)}, 'clickhouse-password'));
        process.stdin.destroy();
      });
      process.stdout.write('ready ');`;
    const processes = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const said = processes.map(({ stdout }) => text(stdout));
    await Promise.all(processes.map(({ stdout }) => new Promise((resolve) => stdout.once('data', resolve))));
    for (const { stdin } of processes) stdin.write('go\n');
    const answers = await Promise.all(said);
    const kept = readFileSync(join(folder, 'clickhouse-password'), 'utf8').trim();
    expect(answers).toEqual(processes.map(() => `ready ${kept}`));
    expect(readdirSync(folder)).toEqual(['clickhouse-password']);
  });

  test.each([
    ['clickhouse-password', ''],
    ['clickhouse-password', '\n'],
    ['clickhouse-password', 'a'.repeat(42)],
    ['visitor-secret', ''],
    ['visitor-secret', 'short\n'],
  ] as const)('%s: %j is refused by its name, and left as it is', (name, content) => {
    const folder = newFolder();
    writeFileSync(join(folder, name), content);
    expect(() => readOrCreateSecret(folder, name)).toThrow(
      new RegExp(`^SPOOR_DATA_DIR: ${join(folder, name)} contains no complete secret .*remove the file`),
    );
    expect(readFileSync(join(folder, name), 'utf8')).toBe(content);
    rmSync(join(folder, name));
    expect(readOrCreateSecret(folder, name)).toMatch(/^[\w-]{43}$/);
  });

  test('a restored one is kept unless it is too short to be read again', () => {
    const folder = newFolder();
    replaceVisitorSecret(folder, 'of the settings');
    expect(readOrCreateSecret(folder, 'visitor-secret')).toBe('of the settings');
    expect(() => replaceVisitorSecret(folder, 'short')).toThrow('SPOOR_VISITOR_SECRET');
    expect(readOrCreateSecret(folder, 'visitor-secret')).toBe('of the settings');
  });
});
