import { once } from 'node:events';
import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import type { QuerySummary } from '../../src/clickhouse/query-options.ts';
import { sql } from '../../src/sql/sql.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test.each<[string, Readonly<Record<string, string>>, QuerySummary]>([
  [
    'what it has read',
    { 'X-ClickHouse-Summary': '{"read_rows":"7","read_bytes":"70"}' },
    { rows: 7, bytes: 70 },
  ],
  ['nothing', {}, { rows: 0, bytes: 0 }],
])('a query carries its trace, and its response tells %s', async (_, headers, expected) => {
  const sent: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    sent.push(request.headers);
    request.resume().once('end', () => response.writeHead(200, headers).end('[1]\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const database = new Database({ url: `http://127.0.0.1:${port}`, user: 'default', password: '' }, 'none');
  const summaries: QuerySummary[] = [];
  const onSummary = (summary: QuerySummary) => summaries.push(summary);
  expect(await database.rows(sql`SELECT 1`, { traceparent: TRACEPARENT, onSummary })).toEqual([[1]]);
  await database.rows(sql`SELECT 1`);
  const { signal } = new AbortController();
  for (const traceparent of [TRACEPARENT, undefined])
    for await (const _ of await database.text(sql`SELECT 1`, signal, { traceparent }));
  expect(summaries).toEqual([expected]);
  expect(sent.map(({ traceparent }) => traceparent)).toEqual([
    TRACEPARENT,
    undefined,
    TRACEPARENT,
    undefined,
  ]);
  await database.close();
  server.close();
});
