import { once } from 'node:events';
import { type IncomingMessage, get } from 'node:http';
import { finished } from 'node:stream/promises';
import { createClient } from '@clickhouse/client';
import { compileClickExport } from '../src/click-rows/compile-click-export.ts';
import { clickExportQuery, parseClickRequest } from '../src/click-rows/click-query.ts';
import { CLICK_FORMATS, type ClickFormatName } from '../src/export/click-formats.ts';
import { render } from '../src/sql/render.ts';
import { type Bench, type Benchmark, atLeast, atMost, interleaved } from './harness.ts';

/** Those that ClickHouse writes itself. */
const FORMATS = ['parquet', 'arrow', 'ndjson', 'csv'] as const satisfies readonly ClickFormatName[];

const MOST_MIB = 200;

/** All clicks of the owner, with all columns. */
export const exportClicks: Benchmark = {
  floor: "ClickHouse's own bytes of the same query over HTTP, discarded",
  run: async (bench) => {
    const results = [];
    for (const format of FORMATS) {
      const times = await interleaved(
        3,
        () => download(bench, format),
        () => straight(bench, format),
      );
      const rate = (milliseconds: number) => bench.clicks / (milliseconds / 1000);
      results.push(atLeast(`export-clicks-${format}`, 'rows/s', rate(times.spoor), rate(times.floor), 0.9));
    }
    const peak = bench.peakMemory();
    return [...results, atMost('export-clicks-memory', 'MiB', peak, MOST_MIB, 1)];
  },
};

async function download({ url, headers, owner }: Bench, format: string): Promise<void> {
  const request = get(`${url}/api/v1/export/clicks?format=${format}&owner_id=${owner}`, {
    headers: { ...headers, 'accept-encoding': 'identity' },
  });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response?.statusCode !== 200) throw new Error(`Answered ${response?.statusCode}.`);
  await finished(response.resume());
}

async function straight({ clickhouse, owner }: Bench, format: (typeof FORMATS)[number]): Promise<void> {
  const { clickHouseFormat, settings } = CLICK_FORMATS[format];
  const asked = parseClickRequest({}, { now: Date.now(), timeZones: new Set(['UTC']) });
  const query = clickExportQuery(asked, Date.UTC(2000, 0));
  const tenant = { kind: 'owner', ownerId: owner } as const;
  const { sql, params } = render(compileClickExport(query, tenant, CLICK_FORMATS[format]));
  const client = createClient({
    url: clickhouse.url,
    username: clickhouse.user,
    password: clickhouse.password,
    database: 'spoor',
  });
  const { stream } = await client.exec({
    query: `${sql} FORMAT ${clickHouseFormat}`,
    query_params: { ...params },
    clickhouse_settings: { ...settings },
  });
  await finished(stream.resume());
  await client.close();
}
