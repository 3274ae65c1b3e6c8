import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';
import {
  type Bench,
  type Benchmark,
  atLeast,
  interleaved,
  medianTime,
  startWithOwnClickHouse,
} from './harness.ts';
import { sql } from '../src/sql/sql.ts';
import { rawClicks } from './raw-clicks.ts';

const LINES = 1_000_000;
const RUNS = 3;
const LINES_A_SECOND = 12;

const run = promisify(execFile);

/** A log in the combined format, imported by the command line into a running server with its own ClickHouse. */
export const importLog: Benchmark = {
  floor: 'node:readline reading the same file and splitting its lines at spaces',
  run: async (bench) => {
    const folder = mkdtempSync(join(tmpdir(), 'spoor-bench-log-'));
    try {
      // One file for each run and one to warm up, because a second import of a file only counts its lines.
      const files = Array.from({ length: RUNS + 1 }, (_, seed) => join(folder, `${seed}.log`));
      for (const [seed, file] of files.entries()) await writeLog(file, { end: bench.end, seed });
      const [first = ''] = files;
      const left = files.values();
      const service = await startWithOwnClickHouse(bench);
      const times = await interleaved(
        RUNS,
        async () => {
          const counts = await importFile(service.settings, left.next().value ?? '', 'admin');
          if (counts.accepted !== LINES) throw new Error('Lines of a new log were not accepted.');
        },
        () => splitLines(first),
      );
      await service.stop();
      const rate = (milliseconds: number) => LINES / (milliseconds / 1000);
      return [
        atLeast('import-log', 'lines/s', rate(times.spoor), rate(times.floor), 0.2),
        atLeast('import-log, lines a second', 'lines/s', rate(times.spoor), 150_000, 1),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/**
 * The same log imported again and again: each of its clicks is stored already, among the sample clicks of the same URLs and days.
 */
export const importKnown: Benchmark = {
  floor: 'a hundred thousand lines a second',
  run: async (bench) => {
    const folder = mkdtempSync(join(tmpdir(), 'spoor-bench-known-'));
    try {
      const file = join(folder, 'known.log');
      await writeLog(file, { end: bench.end, seed: 0, codes: await sampleCodes(bench) });
      // The import before those that are measured stores the clicks.
      const milliseconds = await medianTime(RUNS, () => importFile(bench.settings, file, bench.owner));
      const { known } = await importFile(bench.settings, file, bench.owner);
      if (known !== LINES) throw new Error(`${known} of ${LINES} lines are known`);
      return [atLeast('import-known, lines a second', 'lines/s', LINES / (milliseconds / 1000), 100_000, 1)];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function sampleCodes({ database }: Bench): Promise<readonly string[]> {
  const rows = await database.rows<[string]>(
    sql`SELECT DISTINCT short_code FROM clicks ORDER BY 1 LIMIT 200`,
  );
  return rows.flat();
}

const countsSchema = z.object({ accepted: z.number(), known: z.number() });

/** @param env finds the running server */
async function importFile(
  env: Readonly<Record<string, string>>,
  file: string,
  owner: string,
): Promise<z.infer<typeof countsSchema>> {
  const command = [join(PACKAGE_ROOT, 'dist/cli.js'), 'import', file, '--format', 'combined', '--json'];
  const { stdout } = await run(process.execPath, [...command, '--owner', owner], { env });
  return countsSchema.parse(JSON.parse(stdout));
}

async function splitLines(file: string): Promise<void> {
  let words = 0;
  for await (const line of createInterface(createReadStream(file))) words += line.split(' ').length;
  if (words < LINES) throw new Error('The log is incomplete.');
}

interface LogOptions {
  /** No line is newer, Unix milliseconds. */
  readonly end: number;
  readonly seed: number;
  /** Those of the raw clicks unless given. */
  readonly codes?: readonly string[];
}

async function writeLog(file: string, options: LogOptions): Promise<void> {
  await pipeline(Readable.from(logPieces(options)), createWriteStream(file));
}

function* logPieces({ end, seed, codes = [] }: LogOptions): Generator<string> {
  const clicks = rawClicks(seed);
  let piece = '';
  for (let line = 0; line < LINES; line++) {
    const click = clicks.next().value;
    const code = codes[line % codes.length] ?? click.short_code;
    const time = logTime(end - Math.floor((LINES - line) / LINES_A_SECOND) * 1000);
    piece += `${click.ip} - - [${time}] "GET /${code} HTTP/1.1" 302 0 "${click.referrer}" "${click.user_agent}"\n`;
    if (piece.length < 1_000_000) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** `31/Jan/2026:23:59:59 +0000` */
function logTime(instant: number): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(new Date(instant).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
