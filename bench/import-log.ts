import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';
import { type Benchmark, type OwnService, atLeast, interleaved, startWithOwnClickHouse } from './harness.ts';
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
      for (const [seed, file] of files.entries()) await writeLog(file, bench.end, seed);
      const [first = ''] = files;
      const left = files.values();
      const service = await startWithOwnClickHouse(bench);
      const times = await interleaved(
        RUNS,
        () => importFile(service, left.next().value ?? ''),
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

async function importFile({ settings }: OwnService, file: string): Promise<void> {
  const command = [join(PACKAGE_ROOT, 'dist/cli.js'), 'import', file, '--format', 'combined', '--json'];
  const { stdout } = await run(process.execPath, command, { env: settings });
  const { accepted }: { accepted?: unknown } = JSON.parse(stdout);
  if (accepted !== LINES) throw new Error(`accepted ${String(accepted)} of ${LINES} lines`);
}

async function splitLines(file: string): Promise<void> {
  let words = 0;
  for await (const line of createInterface(createReadStream(file))) words += line.split(' ').length;
  if (words < LINES) throw new Error('The log is incomplete.');
}

async function writeLog(file: string, end: number, seed: number): Promise<void> {
  await pipeline(Readable.from(logPieces(end, seed)), createWriteStream(file));
}

function* logPieces(end: number, seed: number): Generator<string> {
  const clicks = rawClicks(seed);
  let piece = '';
  for (let line = 0; line < LINES; line++) {
    const click = clicks.next().value;
    const time = logTime(end - Math.floor((LINES - line) / LINES_A_SECOND) * 1000);
    piece += `${click.ip} - - [${time}] "GET /${click.short_code} HTTP/1.1" 302 0 "${click.referrer}" "${click.user_agent}"\n`;
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
