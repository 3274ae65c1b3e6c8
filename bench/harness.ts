import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from '../src/cli/client.ts';
import { seed } from '../src/cli/seed-command.ts';
import { Database } from '../src/clickhouse/database.ts';
import { DEADLINES } from '../src/clickhouse/deadlines.ts';
import type { ClickHouseServer } from '../src/config.ts';
import { EmbeddedClickHouse } from '../src/clickhouse/embedded.ts';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';

/** One line of the table: a measurement and its floor, from the same run on the same machine. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The least that the same work could cost, in the same unit. */
  readonly floor: number;
  readonly ratio: number;
  /** The required ratio, for example `<= 1.25`. */
  readonly target: string;
  readonly ok: boolean;
}

/** A benchmark: its floor in one sentence, and how it is measured. */
export interface Benchmark {
  readonly floor: string;
  readonly run: (bench: Bench) => Promise<readonly Result[]>;
}

/** A Spoor in its own process, on a ClickHouse that the benchmark can query too. */
export interface Bench {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly database: Database;
  readonly clickhouse: ClickHouseServer;
  /** The environment of Spoor's process; commands with the same one find it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Number of sample clicks. */
  readonly clicks: number;
  /** The owner of the sample clicks, and its busiest link. */
  readonly owner: string;
  readonly link: string;
  /** No sample click is newer than this, in Unix milliseconds. */
  readonly end: number;
  /** Milliseconds before that over which the sample clicks are spread. */
  readonly span: number;
  /** Spoor's process. */
  readonly pid: number;
  /** Its peak resident memory in MiB. */
  readonly peakMemory: () => number;
  readonly stop: () => Promise<void>;
}

const KEY = `spoo_${'bench'.repeat(6)}`;
const OWNER = 'bench';
const DAYS = 30;

/** Starts ClickHouse and Spoor in a new folder and adds sample clicks. */
export async function startBench(clicks: number): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-bench-'));
  const engine = await EmbeddedClickHouse.start(join(folder, 'engine'));
  const settings = {
    PORT: '0',
    SPOOR_DATA_DIR: join(folder, 'spoor'),
    SPOOR_ADMIN_KEY: KEY,
    SPOOR_VISITOR_SECRET: 'bench',
    CLICKHOUSE_URL: engine.server.url,
    CLICKHOUSE_USER: engine.server.user,
    CLICKHOUSE_PASSWORD: engine.server.password,
    SPOOR_RATE_LIMITS: 'off',
    LOG_LEVEL: 'info',
  };
  const service = await startService(settings);
  const { url, pid } = service;
  // Merging all parts of many clicks takes minutes.
  const deadlines = { ...DEADLINES, statementMs: 3_600_000 };
  const database = new Database(engine.server, 'spoor', undefined, undefined, undefined, deadlines);
  const end = Date.now() - (Date.now() % 3_600_000);
  await seed(createClient(url, KEY), { clicks, urls: 1_000, owners: [OWNER], days: DAYS, seed: 1, end });
  await database.commandText('OPTIMIZE TABLE clicks FINAL');
  return {
    url,
    headers: { authorization: `Bearer ${KEY}` },
    database,
    clickhouse: engine.server,
    settings,
    clicks,
    owner: OWNER,
    link: `${OWNER}-launch`,
    end,
    span: DAYS * 86_400_000,
    pid,
    peakMemory: () => peakMemoryOf(pid),
    stop: async () => {
      await service.stop();
      await database.close();
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The peak resident memory of a process in MiB. */
export function peakMemoryOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** A running Spoor in its own process. */
export interface Service {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export interface OwnService extends Service {
  /** Its environment; commands with the same one find it. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Starts a Spoor with its own embedded ClickHouse and folder. */
export async function startWithOwnClickHouse({ settings: all }: Bench): Promise<OwnService> {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-bench-own-'));
  const { CLICKHOUSE_URL: _url, CLICKHOUSE_USER: _user, CLICKHOUSE_PASSWORD: _password, ...others } = all;
  const settings = { ...others, SPOOR_DATA_DIR: folder };
  const { url, pid, stop } = await startService(settings);
  return {
    url,
    pid,
    settings,
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a Spoor. @param settings its environment */
export async function startService(settings: Readonly<Record<string, string>>): Promise<Service> {
  const service = spawn(join(PACKAGE_ROOT, 'dist/cli.js'), ['serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The service is started as a command is, which looks for Node there.
    env: { PATH: dirname(process.execPath), ...settings },
    // A session of its own, as a service has: Linux shares the processor out by session before it does by process.
    detached: true,
  });
  // Ctrl-C reaches the session of the terminal alone.
  const end = (): boolean => service.kill('SIGTERM');
  process.once('exit', end);
  const url = await listening(createInterface(service.stdout));
  // Later output must not fill the pipe.
  service.stdout.resume();
  return {
    url,
    pid: service.pid ?? 0,
    stop: async () => {
      process.off('exit', end);
      end();
      await once(service, 'exit');
    },
  };
}

async function listening(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const entry: unknown = JSON.parse(line);
    if (typeof entry === 'object' && entry !== null && 'url' in entry) return String(entry.url);
  }
  throw new Error('Spoor exited before it was listening.');
}

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * Runs both alternately, so that a machine that slows down slows both. @returns the median of each in milliseconds
 * @param warmUps unmeasured runs before; short work needs some until V8 has compiled it
 */
export async function interleaved(
  runs: number,
  spoor: () => Promise<unknown>,
  floor: () => Promise<unknown>,
  warmUps = 1,
): Promise<{ readonly spoor: number; readonly floor: number }> {
  for (let run = 0; run < warmUps; run++) {
    await spoor();
    await floor();
  }
  const times = { spoor: [] as number[], floor: [] as number[] };
  for (let run = 0; run < runs; run++) {
    times.spoor.push(await time(spoor));
    times.floor.push(await time(floor));
  }
  return { spoor: median(times.spoor), floor: median(times.floor) };
}

/** The median of the milliseconds that `work` takes. */
export async function medianTime(runs: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await time(work));
  return median(times);
}

/** The median of some values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A result where less is better: the ratio must be at most `target`. */
export function atMost(name: string, unit: string, value: number, floor: number, target: number): Result {
  const ratio = value / floor;
  return { name, value, unit, floor, ratio, target: `<= ${target}`, ok: ratio <= target };
}

/** A result where more is better: the ratio must be at least `target`. */
export function atLeast(name: string, unit: string, value: number, floor: number, target: number): Result {
  const ratio = value / floor;
  return { name, value, unit, floor, ratio, target: `>= ${target}`, ok: ratio >= target };
}
