import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  COLUMNS,
  COLUMN_NAMES,
  type ColumnName,
  INPUTS,
  INPUT_NAMES,
  type InputName,
} from '../../src/clicks/click-schema.ts';
import { CLICK_COLUMNS } from '../../src/clicks/insert-rows.ts';
import { identifier, param, sql } from '../../src/sql/sql.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/** What is stored otherwise than as it is sent. */
const STORED: Readonly<Record<string, unknown>> = {
  clicked_at: '2026-01-31 10:00:00.000',
  referrer: 'https://news.ycombinator.com',
  country: 'TR',
};

const STORED_INPUTS = INPUT_NAMES.filter((name): name is InputName & ColumnName =>
  COLUMN_NAMES.some((column) => column === name),
);

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

/** What is stored in a column of the one click of a code. */
async function storedIn(column: string, code: string): Promise<unknown> {
  const [row] = await spoor.database.rows<[unknown]>(
    sql`SELECT ${identifier(column)} FROM clicks WHERE short_code = ${param('String', code)}`,
  );
  return row?.[0];
}

describe.each(STORED_INPUTS)('%s', (name) => {
  const [example] = INPUTS[name].input.document.examples;

  test.each(['application/json', 'application/x-ndjson'])('is stored as it is sent in %s', async (type) => {
    const code = name === 'short_code' ? String(example) : `${name} as ${type}`;
    if (name === 'short_code') await spoor.send('DELETE', `/api/v1/urls/${code}`);
    const body = JSON.stringify({ short_code: code, [name]: example });
    const { json } = await spoor.send('POST', '/api/v1/clicks', { body, headers: { 'content-type': type } });
    expect(json).toEqual({ accepted: 1, rejected: [] });
    const stored = await storedIn(name, code);
    expect(stored).toEqual(STORED[name] ?? example);
    expect(stored).not.toEqual(COLUMNS[name].column.absent);
  });
});

test.each([
  ['an array with the time as a fraction', 'application/json', (click: object) => JSON.stringify([click])],
  ['lines', 'application/x-ndjson', (click: object) => `${JSON.stringify(click)}\n`],
])('clicks with the fields that a log shipper adds are taken: %s', async (name, type, write) => {
  const code = `shipped as ${name}`;
  const click = { short_code: code, clicked_at: 1769853600.123457, referrer: '', user_agent: '-' };
  const shipper = {
    date: 1769853601.5,
    tag: 'nginx',
    host: 'web-1',
    source_type: 'file',
    nested: { a: [1] },
  };
  const { json } = await spoor.send('POST', '/api/v1/clicks', {
    body: write({ ...shipper, ...click }),
    headers: { 'content-type': type },
  });
  expect(json).toEqual({ accepted: 1, rejected: [] });
  expect([await storedIn('clicked_at', code), await storedIn('referrer', code)]).toEqual([
    '2026-01-31 10:00:00.123',
    'Direct',
  ]);
});

test('the table has the columns that are inserted, and the time that ClickHouse adds', async () => {
  const columns = await spoor.database.rows<[string]>(
    sql`SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'clicks'`,
  );
  expect(columns.flat().toSorted()).toEqual([...CLICK_COLUMNS, 'ingested_at'].toSorted());
});
