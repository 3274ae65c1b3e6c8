import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXPORT_FORMAT_NAMES, type ExportFormatName } from '../../src/export/formats.ts';
import { endProcesses, newFolder, startServer } from '../support/process.ts';
import { SEED } from '../support/random.ts';
import { ADMIN_KEY, type TestSpoor, clickHouseSettings, startSpoor } from '../support/spoor.ts';

/** Each day's clicks are of as many links, so an export by link has a row for each. */
const DAYS = { '2025-01-01': 100_000, '2025-01-02': 600_000 } as const;

type Day = keyof typeof DAYS;

const MOST_MB = 200;
/** By how much peaks may differ that ought to be the same: all rows would be more than sixty. */
const SAME_MB = 40;

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
  for (const [day, clicks] of Object.entries(DAYS)) {
    await spoor.database.commandText(
      `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer)
      SELECT 'many', concat('c', toString(number)), toDateTime64('${day} 12:00:00', 3, 'UTC'), number, 'Chrome', 'Linux',
        'DE', 'Berlin', 'Direct' FROM numbers(${clicks})`,
    );
  }
});
afterAll(async () => {
  await endProcesses();
  await spoor.stop();
});

interface Client {
  readonly bytesPerSecond: number;
  /** Where it stops reading and leaves. */
  readonly bytes: number;
}

const FAST: Client = { bytesPerSecond: Infinity, bytes: Infinity };

interface Export {
  readonly day: Day;
  readonly client: Client;
}

/** What one service exports, and another. */
const BY_ROWS: readonly Export[] = [
  { day: '2025-01-01', client: FAST },
  { day: '2025-01-02', client: FAST },
];
const BY_PACE: readonly Export[] = [
  { day: '2025-01-02', client: { bytesPerSecond: 2_000_000, bytes: 8_000_000 } },
  { day: '2025-01-02', client: { bytesPerSecond: 262_144, bytes: 524_288 } },
];

/**
 * Has a service that nothing was asked of before make exports, one after the other.
 * @returns the most memory its process has had, MB, after each
 */
async function peaksOf(format: ExportFormatName, exports: readonly Export[]): Promise<readonly number[]> {
  const { server, url } = await startServer({
    ...clickHouseSettings(),
    CLICKHOUSE_DATABASE: spoor.database.name,
    SPOOR_DATA_DIR: join(newFolder(), 'data'),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_VISITOR_SECRET: 'a secret of the tests',
    SPOOR_RATE_LIMITS: 'off',
  });
  const peaks: number[] = [];
  for (const { day, client } of exports) {
    await read(await begin(url, format, day), client);
    peaks.push(peakOf(server.pid));
  }
  server.signal('SIGTERM');
  await server.ended;
  return peaks;
}

async function begin(url: string, format: ExportFormatName, day: Day): Promise<IncomingMessage> {
  const query = new URLSearchParams({
    format,
    owner_id: 'many',
    start_date: day,
    end_date: day,
    group_by: 'short_code',
    metrics: 'clicks',
  });
  const request = get(`${url}/api/v1/export?${query.toString()}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    agent: false,
  });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response?.statusCode !== 200) throw new Error(`Answered ${response?.statusCode}.`);
  return response;
}

/** Reads a body at a client's pace. @throws Error when it ends before its end */
async function read(response: IncomingMessage, { bytesPerSecond, bytes }: Client): Promise<void> {
  const started = performance.now();
  let taken = 0;
  for await (const piece of response) {
    taken += piece.length;
    // Leaving the loop closes the connection.
    if (taken >= bytes) return;
    const early = (taken / bytesPerSecond) * 1000 - (performance.now() - started);
    if (early > 0) await delay(early);
  }
  if (!response.complete) throw new Error('The body was cut.');
}

/** The most physical memory a process has had, MB. */
function peakOf(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** Of those that ClickHouse writes itself, whose bytes all pass through alike, one. */
const FORMATS = EXPORT_FORMAT_NAMES.filter((name) => name !== 'ndjson');

/** Each run has slow readers of another. */
const READ_SLOWLY = FORMATS[SEED % FORMATS.length];

test.each(FORMATS)(
  `%s: a service takes the same memory for few rows and many, for fast readers and (${READ_SLOWLY}: SPOOR_TEST_SEED=${SEED}) slow`,
  async (format) => {
    const [few = NaN, many = NaN] = await peaksOf(format, BY_ROWS);
    const slow = format === READ_SLOWLY ? await peaksOf(format, BY_PACE) : [];
    const most = Math.max(few, many, ...slow);
    expect(most).toBeLessThan(MOST_MB);
    expect(most - few).toBeLessThan(SAME_MB);
  },
  120_000,
);
