import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { EXPORT_FORMAT_NAMES } from '../../src/export/formats.ts';
import type { Route } from '../../src/http/route/route.ts';
import { DIMENSION_NAMES } from '../../src/stats/registry/dimension-names.ts';
import { ROUTES } from '../support/outside.ts';
import { readWithDuckDB } from '../support/duckdb.ts';
import { ADMIN_KEY, type TestSpoor, clickHouseSettings, startSpoor } from '../support/spoor.ts';

/* No response holds a secret, a visitor's address or user agent, and no error SQL, a stack or a path. */

const VISITOR = { ip: '203.0.113.77', user_agent: 'Telltale/1.0', visitor_id: 'telltale-visitor' };
const SECRETS = [
  ...Object.values(VISITOR),
  ADMIN_KEY,
  'a secret of the tests',
  clickHouseSettings()['CLICKHOUSE_PASSWORD'] ?? '',
].filter((text) => text !== '');
const INTERNALS = /\bSELECT\b|DB::|clickhouse-client|ClickHouseError|\bat \S+:\d+:\d+|\.ts\b|node_modules/;

let spoor: TestSpoor;
let key: string;
beforeAll(async () => {
  spoor = await startSpoor();
  key = await spoor.createKey('me');
  const json = [VISITOR, { ip: VISITOR.ip, user_agent: VISITOR.user_agent }].map((visitor) => ({
    short_code: 'link',
    clicked_at: '2026-01-15',
    ...visitor,
  }));
  expect((await spoor.send('POST', '/api/v1/clicks', { key, json })).json.accepted).toBe(2);
});
afterAll(() => spoor.stop());

async function sendSample({ method, sample }: Route, query: Readonly<Record<string, string>> = {}) {
  const { path, headers = {}, body } = sample;
  const {
    status,
    text,
    headers: answered,
  } = await spoor.send(method.toUpperCase(), path, {
    query: { ...sample.query, ...query },
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': body.type }) },
    ...(body === undefined ? {} : { body: body.text }),
  });
  return { status, all: JSON.stringify([...answered]) + text };
}

const routes = ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const);

test.each(routes)('%s gives away no secret', async (_, route) => {
  for (const query of [{}, { limit: 'wrong', short_code: 'link', owner_id: 'me' }]) {
    const { all } = await sendSample(route, query);
    expect(SECRETS.filter((secret) => all.includes(secret))).toEqual([]);
  }
});

test.each(EXPORT_FORMAT_NAMES)('an export as %s has no visitor in it', async (format) => {
  const query = new URLSearchParams({
    format,
    start_date: '2026-01-01',
    end_date: '2026-01-31',
    group_by: DIMENSION_NAMES.join(),
    breakdown: 'true',
  });
  const response = await fetch(`${spoor.url}/api/v1/export?${query.toString()}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isArchive = strFromU8(bytes.subarray(0, 2), true) === 'PK';
  const texts = isArchive
    ? Object.values(unzipSync(bytes)).map((file) => strFromU8(file))
    : format === 'parquet'
      ? [JSON.stringify((await readWithDuckDB(bytes, 'a.parquet', (path) => `read_parquet(${path})`)).rows)]
      : [strFromU8(bytes)];
  expect(texts.join('')).toContain('link');
  expect(SECRETS.filter((secret) => texts.join('').includes(secret))).toEqual([]);
});

test('a failure of ClickHouse is told without SQL, stack or path, on every route', async () => {
  await spoor.onClickTables((table) => `RENAME TABLE ${table} TO clicks_away`);
  const told: unknown[] = [];
  let failures = 0;
  try {
    for (const [name, route] of routes) {
      const { status, all } = await sendSample(route);
      if (status >= 500) failures++;
      if (status >= 400 && INTERNALS.test(all)) told.push([name, status, all]);
    }
  } finally {
    await spoor.onClickTables((table) => `RENAME TABLE clicks_away TO ${table}`);
  }
  expect(told).toEqual([]);
  expect(failures).toBeGreaterThan(2);
});
