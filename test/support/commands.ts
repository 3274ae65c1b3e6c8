import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import type { Ended } from './process.ts';

type Settings = Readonly<Record<string, string>>;

let runner: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a command to its end in a process that the suite keeps for its commands: most of what a command takes as a process
 * of its own is loading the program. They run one after the other.
 */
export async function runCommand(
  args: readonly string[],
  settings: Settings,
  input: string | Uint8Array = '',
): Promise<Ended> {
  const result = last.then(() => run(args, settings, input));
  last = result.catch(() => {});
  return result;
}

/** Runs commands to their ends; their results in the order given. */
export async function runCommands(
  commands: readonly (readonly [args: readonly string[], settings: Settings])[],
): Promise<readonly Ended[]> {
  return Promise.all(commands.map(([args, settings]) => runCommand(args, settings)));
}

async function run(args: readonly string[], settings: Settings, input: string | Uint8Array): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  runner ??= fork(join(PACKAGE_ROOT, 'test/support/command-runner.js'), { execArgv: [], stdio: 'inherit' });
  // The one that comes first lets the other go, since the process is kept for hundreds of commands.
  const first = new AbortController();
  const { signal } = first;
  const ended = Promise.race([once(runner, 'message', { signal }), once(runner, 'exit', { signal })]);
  runner.send({
    args,
    settings: { PATH, HOME, PORT: '0', ...settings },
    input: Buffer.from(input).toString('base64'),
  });
  const [result] = await ended;
  first.abort();
  if (typeof result !== 'object' || result === null)
    throw new Error(`spoor ${args.join(' ')} ended its process.`);
  return result;
}

afterAll(async () => {
  if (runner === undefined) return;
  const exited = once(runner, 'exit');
  runner.disconnect();
  await exited;
});
