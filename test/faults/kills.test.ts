import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ClickWriters } from '../support/click-writers.ts';
import {
  type SpoorProcess,
  endProcesses,
  killEngines,
  newFolder,
  portOf,
  processesNaming,
  startServer,
  waitUntil,
} from '../support/process.ts';
import { showFigures } from '../support/figures.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { fastClock } from '../support/shifted-clock.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

afterEach(endProcesses);

/** Of ClickHouse, the service or, where there is one, a second instance. The first instance runs the schedules. */
const KILLS = Number(process.env['SPOOR_TEST_KILLS'] ?? 3);
const INSTANCES = Number(process.env['SPOOR_TEST_INSTANCES'] ?? 1);
const SCHEDULES = Number(process.env['SPOOR_TEST_SCHEDULES'] ?? 2);
const JOBS_A_KILL = 3;
/** At that speed each look for schedules that are due finds all of them due. */
const CLOCK_SPEED = 60;
const WRITERS = 4;
const ORDER = { owner_id: '*', start_date: '2025-01-01' };
const STATS_ORDER = { ...ORDER, format: 'json', group_by: 'city' };
const CLICKS_ORDER = { ...ORDER, what: 'clicks', format: 'ndjson' };
const SCHEDULE = { cron: '* * * * *', range: 'since_last_run', what: 'clicks', format: 'ndjson' };
const HEADERS = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };

test(`every acknowledged click is there exactly once, every export is whole or says that it failed, and the files of a schedule have each click once, after kills of ClickHouse and of the service at any moment (SPOOR_TEST_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const settings = {
    ...fastClock(CLOCK_SPEED),
    SPOOR_DATA_DIR: newFolder(),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_RATE_LIMITS: 'off',
  };
  const { SPOOR_DATA_DIR: dataDir } = settings;
  const secondDir = newFolder();
  const startSecond = async () =>
    startServer({ ...settings, SPOOR_DATA_DIR: secondDir, SPOOR_SCHEDULES: 'off', ...engineOf(dataDir) });
  let first = await startServer(settings);
  let second = INSTANCES > 1 ? await startSecond() : undefined;
  const { url } = first;
  const restart = async (): Promise<void> => {
    await killed(first.server, second?.server);
    // At the same address, so that whoever asks comes back to it.
    first = await startServer({ ...settings, PORT: new URL(url).port });
    if (second !== undefined) second = await startSecond();
  };
  const kill = {
    engine: async (): Promise<void> => killEngines(dataDir),
    service: restart,
    second: async (): Promise<void> => {
      await killed(second?.server);
      second = await startSecond();
    },
  };
  const targets = ['engine', 'service', 'engine', ...(INSTANCES > 1 ? (['second'] as const) : [])] as const;
  const targetUrl = (): string => (second !== undefined && random(2) === 0 ? second.url : url);
  const post = async (path: string, json: object, headers: Readonly<Record<string, string>> = {}) =>
    request(`${path === CLICKS ? targetUrl() : url}${path}`, {
      method: 'POST',
      headers: { ...HEADERS, ...headers },
      body: JSON.stringify(json),
    });
  const schedules: string[] = [];
  for (let count = 0; count < SCHEDULES; count++) {
    schedules.push(z.object({ id: z.string() }).parse((await post('/api/v1/schedules', SCHEDULE))?.json).id);
  }
  const writers = new ClickWriters({
    count: WRITERS,
    random,
    post: (clicks, headers) => post(CLICKS, clicks, headers),
    ready: () => waitUntil('the service', async () => (await request(`${url}/ready`))?.status === 200),
  });

  const jobs: string[] = [];
  for (let count = 0; count < KILLS; count++) {
    await writers.more(1 + random(200));
    for (let job = 0; job < JOBS_A_KILL; job++) {
      const created = await post('/api/v1/exports', job % 2 === 0 ? STATS_ORDER : CLICKS_ORDER);
      if (created?.status === 202) jobs.push(jobSchema.parse(created.json).id);
    }
    await kill[targets[count % targets.length] ?? 'engine']();
  }
  await writers.more(0);
  await writers.end();
  // ClickHouse has the clock of this machine, by which clicks arrive.
  const over = Date.now();
  const written = await get(
    url,
    `/api/v1/export?${new URLSearchParams({ ...STATS_ORDER, metrics: 'clicks' }).toString()}`,
  );
  const { missing, doubled, strangers } = writers.faultsOf(written.metrics.clicks_by_city);

  const stored = written.metrics.clicks_by_city.map(({ city }: { readonly city: string }) => city);
  const runs = [];
  for (const id of schedules) runs.push(await runsUntil(url, id, over));
  const ended: (Job & Awaited<ReturnType<typeof outcomeOf>>)[] = [];
  // One after the other: of many at once the service cuts those that are slow.
  for (const job of await endedJobs(url)) ended.push({ ...job, ...(await outcomeOf(url, job)) });
  showFigures({
    seed: SEED,
    'acknowledged clicks': writers.acknowledged,
    lost: missing.length,
    doubled: doubled.length,
    exports: jobs.length,
    'runs of schedules': runs.flat().length,
    'done, of both': ended.filter(({ status }) => status === 'done').length,
  });
  expect({ missing, doubled, strangers }).toEqual({ missing: [], doubled: [], strangers: [] });
  expect(ended.filter(({ fault }) => fault !== undefined)).toEqual([]);
  expect(jobs.filter((id) => !ended.some((job) => job.id === id))).toEqual([]);
  expect(ended.filter(({ status }) => status === 'done').length).toBeGreaterThan(ended.length / 2);
  for (const id of schedules) {
    const files = ended.filter(({ status, file_name: name }) => status === 'done' && name?.includes(id));
    const cities = files.flatMap(({ cities: own }) => own);
    expect(cities.toSorted()).toEqual(stored.toSorted());
  }
}, 600_000);

const CLICKS = '/api/v1/clicks';

/** What a further instance needs to use the engine of another. */
function engineOf(dataDir: string): Readonly<Record<string, string>> {
  const [engine] = processesNaming(dataDir);
  const secret = (name: string): string => readFileSync(join(dataDir, name), 'utf8').trim();
  return {
    CLICKHOUSE_URL: `http://127.0.0.1:${portOf(engine ?? 0)}`,
    CLICKHOUSE_USER: 'spoor',
    CLICKHOUSE_PASSWORD: secret('clickhouse-password'),
    SPOOR_VISITOR_SECRET: secret('visitor-secret'),
  };
}

async function killed(...servers: readonly (SpoorProcess | undefined)[]): Promise<void> {
  for (const server of servers) server?.signal('SIGKILL');
  for (const server of servers) await server?.ended;
}

/** The answer's status and content; undefined when the connection broke before its end. */
async function request(url: string, init: RequestInit = {}) {
  try {
    const response = await fetch(url, init);
    const json: unknown = await response.json();
    return { status: response.status, json };
  } catch {
    return undefined;
  }
}

/** @throws Error unless it is there */
async function get(url: string, path: string): Promise<any> {
  const response = await request(url + path, { headers: HEADERS });
  if (response?.status !== 200) throw new Error(`${path}: ${response?.status}`);
  return response.json;
}

const jobSchema = z.object({
  id: z.string(),
  status: z.string(),
  what: z.string(),
  rows: z.number().nullable(),
  bytes: z.number(),
  file_name: z.string().nullable(),
  error: z.string().optional(),
});

type Job = z.output<typeof jobSchema>;

/** All exports, once each has ended. */
async function endedJobs(url: string): Promise<readonly Job[]> {
  return waitUntil('all exports to end', async () => {
    const jobs = await pagesOf(url, '/api/v1/exports', jobSchema);
    return jobs.every(({ status }) => !['queued', 'running'].includes(status)) && jobs;
  });
}

const runSchema = z.object({ status: z.string(), window: z.object({ before: z.string() }).nullable() });

/** The runs of a schedule, once their files have all clicks that arrived before a moment, Unix milliseconds. */
async function runsUntil(url: string, id: string, arrivedBefore: number) {
  return waitUntil('the last clicks to be in a file', async () => {
    const runs = await pagesOf(url, `/api/v1/schedules/${id}/runs`, runSchema);
    const last = runs.find(({ status }) => status === 'done');
    return Date.parse(last?.window?.before ?? '') > arrivedBefore && runs;
  });
}

async function pagesOf<Item>(url: string, path: string, item: z.ZodType<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { items, next_cursor: next }: any = await get(url, `${path}?limit=1000${query}`);
    all.push(...z.array(item).parse(items));
    cursor = next;
  }
  return all;
}

/** The clicks that are in the file of an export, and what is wrong with it unless it is whole, or says why it failed. */
async function outcomeOf(url: string, job: Job) {
  const { id, status, what, error } = job;
  if (status === 'failed') return { cities: [], fault: error === undefined ? 'no reason' : undefined };
  const text = await (await fetch(`${url}/api/v1/exports/${id}/file`, { headers: HEADERS })).text();
  const lines = what === 'clicks' ? text.split('\n').slice(0, -1) : [];
  return { cities: lines.map((line) => String(JSON.parse(line).city)), fault: faultOfFile(job, text) };
}

function faultOfFile({ what, rows, bytes }: Job, text: string): string | undefined {
  if (Buffer.byteLength(text) !== bytes) return `${Buffer.byteLength(text)} of ${bytes} bytes`;
  if (what === 'clicks') {
    const lines = text.split('\n');
    if (lines.pop() !== '') return 'a cut line';
    return rows === null || rows === lines.length ? undefined : `${lines.length} of ${rows} rows`;
  }
  const { summary, metrics } = JSON.parse(text);
  const groups: readonly { readonly clicks: number }[] = metrics.clicks_by_city;
  const sum = groups.reduce((all, { clicks }) => all + clicks, 0);
  return sum === summary.total_clicks ? undefined : `${sum} of ${summary.total_clicks} clicks`;
}
