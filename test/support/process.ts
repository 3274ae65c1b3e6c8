import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import type { TestSpoor } from './spoor.ts';

/** How a program ended; `code` is null when a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const children = new Set<SpoorProcess>();
const folders = new Set<string>();

/** The built program as a child process, leader of a process group of its own as under a shell. */
export class SpoorProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #isOver = false;

  /**
   * @param settings the environment beside what every program needs; nothing of the test run's own settings
   * @param root where the package lies that is run
   */
  constructor(
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
    root: string = PACKAGE_ROOT,
  ) {
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
      detached: true,
      stdio: 'pipe',
      env: { PATH, HOME, PORT: '0', ...settings },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    // Its end may come before all that was written to it.
    this.#child.stdin?.on('error', () => {});
    children.add(this);
    this.ended = once(this.#child, 'close').then(() => {
      this.#isOver = true;
      children.delete(this);
      const { exitCode: code, signalCode: signal } = this.#child;
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Writes to its standard input; `end` when nothing follows. */
  write(text: string | Uint8Array): void {
    this.#child.stdin?.write(text);
  }

  end(text: string | Uint8Array = ''): void {
    this.#child.stdin?.end(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What Ctrl-C does: the signal goes to every process of the group. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Waits for a log line with this message; answers the whole line, parsed. */
  async logged(message: string): Promise<Readonly<Record<string, unknown>>> {
    const find = (): Readonly<Record<string, unknown>> | undefined =>
      this.#stdout
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line): Record<string, unknown> => JSON.parse(line))
        .find((entry) => entry['msg'] === message);
    return waitUntil(`a log line "${message}"`, () => {
      const found = find();
      if (found === undefined && this.#isOver)
        throw new Error(`Ended without "${message}": ${this.#stderr}${this.#stdout}`);
      return found;
    });
  }

  /** The address it listens at, once it does. */
  async listening(): Promise<string> {
    return String((await this.logged('listening'))['url']);
  }
}

/** Starts a server on a data directory and waits until it listens. */
export async function startServer(
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly server: SpoorProcess; readonly url: string }> {
  const server = new SpoorProcess(['serve'], settings);
  return { server, url: await server.listening() };
}

/** Runs a command to its end, `input` on its standard input; of the package at `root`. */
export async function runSpoor(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  input: string | Uint8Array = '',
  root: string = PACKAGE_ROOT,
): Promise<Ended> {
  const command = new SpoorProcess(args, settings, root);
  command.end(input);
  return command.ended;
}

/** Runs commands to their ends, a few at a time; their results in the order given. */
export async function runEach(
  commands: readonly (readonly [args: readonly string[], settings: Readonly<Record<string, string>>])[],
): Promise<readonly Ended[]> {
  const results: Ended[] = [];
  const queue = [...commands.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [place, [args, settings]] = next;
      results[place] = await runSpoor(args, settings);
    }
  };
  await Promise.all([work(), work(), work()]);
  return results;
}

/** A folder of its own, removed by `endProcesses`. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-process-'));
  folders.add(folder);
  return folder;
}

/** Kills whatever a test left running, engines too, and removes its folders; for `afterEach` or `afterAll`. */
export async function endProcesses(): Promise<void> {
  const left = [...children];
  for (const child of left) child.signal('SIGKILL');
  await Promise.all(left.map((child) => child.ended));
  for (const folder of folders) {
    killEngines(folder);
    await waitUntil('the engine to end', () => processesNaming(folder).length === 0);
    rmSync(folder, { recursive: true, force: true });
  }
  folders.clear();
}

/** The processes, this one left out, on whose command line `text` stands. The engine's holds its data directory. */
export function processesNaming(text: string): readonly number[] {
  if (!existsSync('/proc/self/cmdline'))
    throw new Error('Processes are looked up in /proc: run this on Linux.');
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && commandLine(pid).includes(text));
}

/** Kills the engines over a data directory, also one that is just ending by itself. */
export function killEngines(dataDir: string): void {
  for (const pid of processesNaming(dataDir)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended in between.
    }
  }
}

/** A port of the loopback interface on which a process listens. */
export function portOf(pid: number): number {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => socketOf(`/proc/${pid}/fd/${fd}`)));
  for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const isListening = state === '0A' && own.has(`socket:[${inode}]`);
    if (isListening) return Number.parseInt(local.split(':')[1] ?? '', 16);
  }
  throw new Error(`Process ${pid} listens nowhere.`);
}

function socketOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Stops servers that share one database, which goes with the last. */
export async function stopSharing(spoors: readonly TestSpoor[]): Promise<void> {
  for (const spoor of spoors.slice(0, -1)) {
    await spoor.running.stop();
    await spoor.database.close();
  }
  await spoors.at(-1)?.stop();
}

/** Below what Jest gives a test, so that the failure names what was waited for. */
const DEADLINE_MS = 45_000;
const FIRST_PAUSE_MS = 10;
/** What is not there at once is asked for less and less often: asking takes the processor from what is waited for. */
const LONGEST_PAUSE_MS = 80;
const PAUSE_GROWTH = 1.15;

/** Asks until the answer is neither undefined nor false. @throws Error that names `what` after 45 s */
export async function waitUntil<T>(
  what: string,
  check: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + DEADLINE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS)) {
    const found = await check();
    if (isFound(found)) return found;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}.`);
    await delay(pauseMs);
  }
}

function isFound<T>(value: T): value is Exclude<T, undefined | false> {
  return value !== undefined && value !== false;
}

/** True when somebody listens on that port of this machine. */
export async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
