import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { formatTable, note, printLine } from '../src/cli/output.ts';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';
import { clientTrack } from './client-track.ts';
import { cluster } from './cluster.ts';
import { eventLoop } from './event-loop.ts';
import { exportClicks } from './export-clicks.ts';
import { exportMemory } from './export-memory.ts';
import { exportFiles } from './export.ts';
import { type Benchmark, type Result, startBench } from './harness.ts';
import { importKnown, importLog } from './import-log.ts';
import { fairness } from './fairness.ts';
import { ingestBatch } from './ingest-batch.ts';
import { ingestFields } from './ingest-fields.ts';
import { ingestSingle } from './ingest-single.ts';
import { listing } from './listing.ts';
import { scale } from './scale.ts';
import { statsBatch } from './stats-batch.ts';
import { statsClicksOnly } from './stats-clicks-only.ts';
import { statsDashboardFresh } from './stats-dashboard-fresh.ts';
import { statsDashboardReturning } from './stats-dashboard-returning.ts';
import { statsFilter } from './stats-filter.ts';
import { statsLink } from './stats-link.ts';
import { statsMixed } from './stats-mixed.ts';
import { statsRepeat } from './stats-repeat.ts';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  'stats-link': statsLink,
  'stats-dashboard-fresh': statsDashboardFresh,
  'stats-dashboard-returning': statsDashboardReturning,
  'stats-clicks-only': statsClicksOnly,
  'stats-filter': statsFilter,
  'stats-batch': statsBatch,
  'stats-repeat': statsRepeat,
  'stats-mixed': statsMixed,
  'ingest-batch': ingestBatch,
  'ingest-fields': ingestFields,
  'ingest-single': ingestSingle,
  'client-track': clientTrack,
  'import-log': importLog,
  export: exportFiles,
  'export-clicks': exportClicks,
  'export-memory': exportMemory,
  listing,
  'event-loop': eventLoop,
  fairness,
  cluster,
  // Behind those that count the sample clicks, because it adds to them.
  'import-known': importKnown,
  // Last, because it makes the table large.
  scale,
};

const { clicks, only } = new Command('bench')
  .option('--clicks <n>', 'number of sample clicks', '1000000')
  .option('--only <names...>', `only these of ${Object.keys(BENCHMARKS).join(', ')}`)
  .parse()
  .opts<{ clicks: string; only?: string[] }>();

// The services that are running end when this process does.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const bench = await startBench(Number(clicks));
const results: Result[] = [];
try {
  for (const [name, { floor, run }] of Object.entries(BENCHMARKS)) {
    if (only?.includes(name) === false) continue;
    note(`${name}, compared with ${floor}`);
    results.push(...(await run(bench)));
  }
  printLine(
    formatTable(
      ['NAME', 'VALUE', 'FLOOR', 'UNIT', 'RATIO', 'TARGET', 'OK'],
      results.map((result) => [
        result.name,
        rounded(result.value),
        rounded(result.floor),
        result.unit,
        rounded(result.ratio),
        result.target,
        result.ok ? 'yes' : 'no',
      ]),
    ),
  );
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  printLine(`${machine}; ${clicks} clicks; Spoor's peak memory ${Math.round(bench.peakMemory())} MiB`);
  writeFileSync(join(PACKAGE_ROOT, 'bench/results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
} finally {
  await bench.stop();
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
