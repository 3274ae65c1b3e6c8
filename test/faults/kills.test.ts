import { afterEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ClickWriters } from '../support/click-writers.ts';
import {
  type SpoorProcess,
  endProcesses,
  newFolder,
  processesNaming,
  startServer,
  waitUntil,
} from '../support/process.ts';
import { showFigures } from '../support/figures.ts';
import { seededRandom } from '../support/random.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

afterEach(endProcesses);

const SEED = Number(process.env['SPOOR_TEST_SEED'] ?? Date.now() % 1_000_000);
const WRITERS = 4;
const ORDER = { owner_id: '*', start_date: '2025-01-01' };
const STATS_ORDER = { ...ORDER, format: 'json', group_by: 'city' };
const CLICKS_ORDER = { ...ORDER, what: 'clicks', format: 'ndjson' };
const HEADERS = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
const ENGINE_KILLS = 5;
const SERVICE_KILLS = 3;
const JOBS_A_KILL = 3;

test(`every acknowledged click is there exactly once, and every export is whole or says that it failed, after kills of ClickHouse and of the service at any moment (SPOOR_TEST_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const settings = {
    SPOOR_DATA_DIR: newFolder(),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_RATE_LIMITS: 'off',
  };
  let { server, url } = await startServer(settings);
  const writers = new ClickWriters({
    count: WRITERS,
    random,
    post: (clicks, headers) =>
      request(`${url}/api/v1/clicks`, {
        method: 'POST',
        headers: { ...HEADERS, ...headers },
        body: JSON.stringify(clicks),
      }),
    ready: () => waitUntil('the service', async () => (await request(`${url}/ready`))?.status === 200),
  });

  const kills = [
    ...Array<'engine'>(ENGINE_KILLS).fill('engine'),
    ...Array<'service'>(SERVICE_KILLS).fill('service'),
  ];
  const jobs: string[] = [];
  while (kills.length > 0) {
    const [kill] = kills.splice(random(kills.length), 1);
    await writers.more(1 + random(600));
    for (let count = 0; count < JOBS_A_KILL; count++) {
      const body = JSON.stringify(count % 2 === 0 ? STATS_ORDER : CLICKS_ORDER);
      const created = await request(`${url}/api/v1/exports`, { method: 'POST', headers: HEADERS, body });
      if (created?.status === 202) jobs.push(jobSchema.parse(created.json).id);
    }
    for (const pid of processesNaming(settings.SPOOR_DATA_DIR)) {
      if (kill === 'engine') process.kill(pid, 'SIGKILL');
    }
    if (kill === 'service') ({ server, url } = await restarted(server, settings));
  }
  await writers.more(0);
  await writers.end();

  expect(jobs.length).toBeGreaterThan(0);
  const ended = [];
  for (const id of jobs) ended.push({ id, ...(await endOfJob(url, id)) });
  expect(ended.filter(({ fault }) => fault !== undefined)).toEqual([]);
  const done = ended.filter(({ status }) => status === 'done').length;
  expect(done).toBeGreaterThan(jobs.length / 2);

  const query = new URLSearchParams({
    format: 'json',
    owner_id: '*',
    group_by: 'city',
    metrics: 'clicks',
    start_date: '2025-01-01',
  });
  const response = await fetch(`${url}/api/v1/export?${query.toString()}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const answer = JSON.parse(await response.text());
  const { missing, doubled, strangers } = writers.faultsOf(answer.metrics.clicks_by_city);
  showFigures({
    seed: SEED,
    'acknowledged clicks': writers.acknowledged,
    lost: missing.length,
    doubled: doubled.length,
    exports: jobs.length,
    done,
  });
  expect({ missing, doubled, strangers }).toEqual({ missing: [], doubled: [], strangers: [] });
}, 240_000);

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

async function restarted(server: SpoorProcess, settings: Readonly<Record<string, string>>) {
  server.signal('SIGKILL');
  await server.ended;
  return startServer(settings);
}

const jobSchema = z.object({
  id: z.string(),
  status: z.string(),
  what: z.string(),
  rows: z.number().nullable(),
  bytes: z.number(),
  error: z.string().optional(),
});

/** An export once it has ended, and what is wrong with it unless it is whole, or says why it failed. */
async function endOfJob(url: string, id: string) {
  const job = await waitUntil('an export to end', async () => {
    const found = await request(`${url}/api/v1/exports/${id}`, { headers: HEADERS });
    if (found?.status === 404) throw new Error(`The export ${id} is lost.`);
    const job = found?.status === 200 ? jobSchema.parse(found.json) : undefined;
    return job === undefined || ['queued', 'running'].includes(job.status) ? undefined : job;
  });
  const { status, error } = job;
  if (status === 'failed') return { status, fault: error === undefined ? 'no reason' : undefined };
  const response = await fetch(`${url}/api/v1/exports/${id}/file`, { headers: HEADERS });
  return { status, fault: faultOfFile(job, await response.text()) };
}

function faultOfFile({ what, rows, bytes }: z.output<typeof jobSchema>, text: string): string | undefined {
  if (Buffer.byteLength(text) !== bytes) return `${Buffer.byteLength(text)} of ${bytes} bytes`;
  if (what === 'clicks') {
    const lines = text.split('\n');
    if (lines.pop() !== '') return 'a cut line';
    for (const line of lines) JSON.parse(line);
    return rows === null || rows === lines.length ? undefined : `${lines.length} of ${rows} rows`;
  }
  const { summary, metrics } = JSON.parse(text);
  const groups: readonly { readonly clicks: number }[] = metrics.clicks_by_city;
  const sum = groups.reduce((all, { clicks }) => all + clicks, 0);
  return sum === summary.total_clicks ? undefined : `${sum} of ${summary.total_clicks} clicks`;
}
