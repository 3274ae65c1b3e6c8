import { once } from 'node:events';
import { type IncomingMessage, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../src/clickhouse/database.ts';
import { CLICK_FORMATS } from '../../src/export/click-formats.ts';
import type { ClickFormat, ExportFormat } from '../../src/export/export-format.ts';
import { EXPORT_FORMATS } from '../../src/export/formats.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { ADMIN_KEY } from './spoor.ts';

const open = new Set<IncomingMessage>();

/** An export whose head is there and of whose body nothing is read yet. */
export async function beginExport(
  url: string,
  query: string,
  {
    key = ADMIN_KEY,
    headers = {},
    path = '/api/v1/export',
  }: { key?: string | null; headers?: Record<string, string>; path?: string } = {},
): Promise<IncomingMessage> {
  const request = get(`${url}${path}?${query}`, {
    headers: { ...headers, ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    agent: false,
  });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response === undefined) throw new Error('No response.');
  open.add(response);
  // A reset is an error of both.
  request.on('error', () => {});
  response.on('error', () => {});
  return response;
}

/** Leaves all exports that were begun; for `afterEach`. */
export function leaveExports(): void {
  for (const one of open) one.destroy();
  open.clear();
}

/** The whole body. @throws Error when the connection broke before its end */
export async function bodyOf(response: IncomingMessage, pauseMs = 0): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of response) {
    pieces.push(piece);
    if (pauseMs > 0) await delay(pauseMs);
  }
  if (!response.complete) throw new Error('The body was cut.');
  return Buffer.concat(pieces);
}

/** What ClickHouse writes exports as: texts, or a file in one of its own formats. */
const WRITTEN_AS = Object.values<ExportFormat | ClickFormat>({ ...EXPORT_FORMATS, ...CLICK_FORMATS }).map(
  (format) => (format.kind === 'native' ? format.clickHouseFormat : 'RawBLOB'),
);

/** The ids of the exports' queries that ClickHouse is at in that database. */
export async function runningExports(database: Database): Promise<readonly string[]> {
  const rows = await database.rows<[string]>(
    sql`SELECT query_id FROM system.processes
    WHERE current_database = currentDatabase() AND extract(query, 'FORMAT (\\\\w+)$') IN ${param('Array(String)', WRITTEN_AS)}`,
  );
  return rows.map(([id]) => id);
}
