import { createDeflateRaw } from 'node:zlib';
import { Readable } from 'node:stream';
import exceljs from 'exceljs';
import type { NativeFormat } from '../src/export/export-format.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES, type ExportFormatName } from '../src/export/formats.ts';
import { COMPRESSION_LEVEL } from '../src/export/zip.ts';
import { planStats } from '../src/stats/plan-stats.ts';
import { compileExport } from '../src/stats/sql/compile-export.ts';
import { compileNativeExport } from '../src/stats/sql/compile-native-export.ts';
import { exportLists } from '../src/stats/sql/export-lists.ts';
import { parseStatsRequest } from '../src/stats/parse/parse-request.ts';
import { exportQuery } from '../src/stats/parse/requested-query.ts';
import type { StatsQuery } from '../src/stats/query.ts';
import { type Bench, type Benchmark, atLeast, interleaved } from './harness.ts';

const TARGETS: Readonly<Record<ExportFormatName, number>> = {
  csv: 0.75,
  json: 0.55,
  xml: 0.5,
  xlsx: 2.5,
  parquet: 0.9,
  ndjson: 0.9,
};

/** The full cross product of seven dimensions, without visitors: almost one row for each click. */
export const exportFiles: Benchmark = {
  floor:
    'csv: the same bytes straight from ClickHouse through deflate; json, xml: the same rows read and parsed as JSONCompactEachRow; xlsx: the same rows through exceljs; parquet, ndjson: the same bytes straight from ClickHouse',
  run: async (bench) => {
    const parameters = {
      owner_id: bench.owner,
      start_date: String(bench.end - 14 * 86_400_000),
      end_date: String(bench.end),
      group_by: 'time,browser,os,country,city,referrer,short_code',
      metrics: 'clicks',
      breakdown: 'true',
      interval: '10_minute',
    };
    const query = exportQuery(
      parseStatsRequest(parameters, { now: bench.end, timeZones: new Set(['UTC']) }),
      undefined,
    );
    const rows = await countRows(bench, query);
    const results = [];
    for (const format of EXPORT_FORMAT_NAMES) {
      const search = new URLSearchParams({ ...parameters, format });
      const times = await interleaved(
        3,
        () => download(`${bench.url}/api/v1/export?${search}`, bench),
        () => FLOORS[format](bench, query),
      );
      const rate = (milliseconds: number) => rows / (milliseconds / 1000);
      results.push(
        atLeast(`export-${format}`, 'rows/s', rate(times.spoor), rate(times.floor), TARGETS[format]),
      );
    }
    return results;
  },
};

const FLOORS: Readonly<Record<ExportFormatName, (bench: Bench, query: StatsQuery) => Promise<void>>> = {
  csv: deflated,
  json: parsed,
  xml: parsed,
  xlsx: throughExceljs,
  parquet: (bench, query) => straight(bench, query, EXPORT_FORMATS.parquet),
  ndjson: (bench, query) => straight(bench, query, EXPORT_FORMATS.ndjson),
};

async function download(url: string, bench: Bench): Promise<void> {
  const response = await fetch(url, { headers: bench.headers });
  if (!response.ok || response.body === null) throw new Error(await response.text());
  for await (const _ of response.body);
}

async function textOf(bench: Bench, query: StatsQuery, format: 'csv' | 'json') {
  const tenant = { kind: 'owner', ownerId: bench.owner } as const;
  return bench.database.text(
    compileExport(planStats(query, tenant), EXPORT_FORMATS[format].row),
    new AbortController().signal,
  );
}

async function deflated(bench: Bench, query: StatsQuery): Promise<void> {
  const source = Readable.from(await textOf(bench, query, 'csv'), { objectMode: false });
  for await (const _ of source.pipe(createDeflateRaw({ level: COMPRESSION_LEVEL })));
}

async function straight(bench: Bench, query: StatsQuery, format: NativeFormat): Promise<void> {
  const { clickHouseFormat, instants, settings } = format;
  const table = compileNativeExport(planStats(query, { kind: 'owner', ownerId: bench.owner }), instants);
  const { signal } = new AbortController();
  for await (const _ of await bench.database.file(table, clickHouseFormat, signal, { settings }));
}

/** The rows as JSON arrays, parsed one by one and discarded. */
async function parsed(bench: Bench, query: StatsQuery): Promise<void> {
  for await (const _ of parsedRows(bench, query));
}

async function* parsedRows(bench: Bench, query: StatsQuery): AsyncGenerator<readonly unknown[]> {
  const tenant = { kind: 'owner', ownerId: bench.owner } as const;
  const compiled = compileExport(planStats(query, tenant), (columns) => ({
    escape: 'json',
    pieces: ['[', ...columns.flatMap((column, index) => [index === 0 ? '' : ', ', column]), ']\n'],
  }));
  let rest = '';
  for await (const piece of await bench.database.text(compiled, new AbortController().signal)) {
    const lines = (rest + piece.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('[')) yield JSON.parse(line);
  }
}

async function throughExceljs(bench: Bench, query: StatsQuery): Promise<void> {
  const sink = new (await import('node:stream')).PassThrough();
  sink.resume();
  const book = new exceljs.stream.xlsx.WorkbookWriter({ stream: sink });
  const sheet = book.addWorksheet('rows');
  for await (const row of parsedRows(bench, query)) sheet.addRow(row).commit();
  sheet.commit();
  await book.commit();
}

async function countRows(bench: Bench, query: StatsQuery): Promise<number> {
  if (exportLists(query).length === 0) return 0;
  let count = 0;
  for await (const _ of parsedRows(bench, query)) count++;
  return count;
}
