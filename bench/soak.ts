import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { formatTable, note, printLine } from '../src/cli/output.ts';
import { EXPORT_FORMAT_NAMES } from '../src/export/formats.ts';
import { DIMENSION_NAMES } from '../src/stats/registry/dimension-names.ts';
import { startBench } from './harness.ts';

const { minutes, clicks } = new Command('soak')
  .description(
    'Run mixed load for a long time. Memory (in MiB) and open handles of the service must level off.',
  )
  .option('--minutes <n>', 'duration in minutes', '30')
  .option('--clicks <n>', 'number of sample clicks at the start', '500000')
  .parse()
  .opts<{ minutes: string; clicks: string }>();

const SAMPLES = 15;

/** Columns of the service's memory, and their metrics. */
const MEMORY = {
  RSS: 'process_resident_memory_bytes',
  HEAP: 'nodejs_heap_size_total_bytes',
  'HEAP USED': 'nodejs_heap_size_used_bytes',
  EXTERNAL: 'nodejs_external_memory_bytes',
  BUFFERS: 'spoor_array_buffers_bytes',
  CACHES: 'spoor_cache_bytes',
};

interface Counts {
  requests: number;
  refused: number;
  left: number;
}

const counts: Record<'ask' | 'click' | 'batch' | 'export', Counts> = {
  ask: { requests: 0, refused: 0, left: 0 },
  click: { requests: 0, refused: 0, left: 0 },
  batch: { requests: 0, refused: 0, left: 0 },
  export: { requests: 0, refused: 0, left: 0 },
};

const bench = await startBench(Number(clicks));
const over = new AbortController();
const started = performance.now();
const rows: (readonly (string | number)[])[] = [];
try {
  const load = [
    ...Array.from({ length: 4 }, () => repeat('ask', ask)),
    ...Array.from({ length: 8 }, () => repeat('click', click)),
    repeat('batch', batch),
    ...Array.from({ length: 2 }, () => repeat('export', exportFile)),
  ];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await delay((Number(minutes) * 60_000) / SAMPLES);
    const row = [
      Math.round((performance.now() - started) / 6_000) / 10,
      ...(await memory()),
      readdirSync(`/proc/${bench.pid}/fd`).length,
      ...Object.values(counts).map(({ requests }) => requests),
    ];
    rows.push(row);
    note(row.join('  '));
  }
  over.abort();
  await Promise.all(load);
  printLine(
    formatTable(
      [
        'MINUTES',
        ...Object.keys(MEMORY),
        'HANDLES',
        ...Object.keys(counts).map((name) => name.toUpperCase()),
      ],
      rows,
    ),
  );
  for (const [name, { requests, refused, left }] of Object.entries(counts)) {
    printLine(
      `${name}: ${requests} succeeded, ${refused} refused with 503 or 504, ${left} aborted by the client on purpose`,
    );
  }
} finally {
  over.abort();
  await bench.stop();
}

/** The service's memory from its own metrics, in MiB. */
async function memory(): Promise<readonly number[]> {
  const text = await (await fetch(`${bench.url}/metrics`)).text();
  return Object.values(MEMORY).map((name) => {
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
    return Math.round(values.reduce((sum, [, value]) => sum + Number(value), 0) / 1_048_576);
  });
}

/** Repeats `work` until the time is over. @throws Error for any response but success, 503 or 504 */
async function repeat(name: keyof typeof counts, work: () => Promise<Response | undefined>) {
  while (!over.signal.aborted) {
    const response = await work();
    if (response === undefined) continue;
    await response.arrayBuffer();
    if (response.ok) counts[name].requests++;
    else if ([503, 504].includes(response.status)) counts[name].refused++;
    else throw new Error(`${name}: status ${response.status}`);
  }
}

function pick<T>(values: readonly T[]): T {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new Error('Nothing to pick from.');
  return value;
}

async function ask(): Promise<Response> {
  const parameters = new URLSearchParams({
    owner_id: bench.owner,
    group_by: pick(DIMENSION_NAMES),
    start_date: String(bench.end - pick([1, 7, 30]) * 86_400_000),
    end_date: String(bench.end),
    ...(Math.random() < 0.5 ? { short_code: `${bench.owner}-${Math.floor(Math.random() * 1_000)}` } : {}),
  });
  return fetch(`${bench.url}/api/v1/stats?${parameters.toString()}`, { headers: bench.headers });
}

function clickOf(): object {
  return {
    short_code: `soak-${Math.floor(Math.random() * 500)}`,
    ip: `198.51.100.${Math.floor(Math.random() * 256)}`,
    user_agent: `Mozilla/5.0 (X11; Linux x86_64) Chrome/${Math.floor(Math.random() * 200)}.0.0.0 Safari/537.36`,
    referrer: `https://example.com/${Math.floor(Math.random() * 1_000)}`,
  };
}

async function click(): Promise<Response> {
  return post(JSON.stringify(clickOf()));
}

async function batch(): Promise<Response> {
  const clicks = Array.from({ length: 1_000 }, clickOf);
  return post(JSON.stringify(clicks), { 'idempotency-key': crypto.randomUUID() });
}

async function post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${bench.url}/api/v1/clicks`, {
    method: 'POST',
    headers: { ...bench.headers, 'content-type': 'application/json', ...headers },
    body,
  });
}

/** An export of tens of thousands of rows; every fifth client disconnects midway. */
async function exportFile(): Promise<Response | undefined> {
  const parameters = new URLSearchParams({
    owner_id: bench.owner,
    format: pick(EXPORT_FORMAT_NAMES),
    group_by: 'time,city,referrer,short_code',
    breakdown: 'true',
    start_date: String(bench.end - 2 * 86_400_000),
    end_date: String(bench.end),
  });
  const leaving = new AbortController();
  const response = await fetch(`${bench.url}/api/v1/export?${parameters.toString()}`, {
    headers: bench.headers,
    signal: leaving.signal,
  });
  if (!response.ok || Math.random() > 0.2) return response;
  await response.body?.getReader().read();
  leaving.abort();
  counts.export.left++;
  return undefined;
}
