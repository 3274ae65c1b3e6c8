import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClickHouseSettings } from '@clickhouse/client';
import { Database } from '../../src/clickhouse/database.ts';
import { param, sql } from '../../src/sql/sql.ts';

const server = {
  url: process.env['TEST_CLICKHOUSE_URL'] ?? '',
  user: process.env['TEST_CLICKHOUSE_USER'] ?? '',
  password: process.env['TEST_CLICKHOUSE_PASSWORD'] ?? '',
};

const opened: Database[] = [];
function open(settings: ClickHouseSettings = {}, url = server.url): Database {
  const database = new Database({ ...server, url }, 'default', () => {}, { lookups: settings });
  opened.push(database);
  return database;
}
afterAll(() => Promise.all(opened.map((database) => database.close())));

const UNAVAILABLE = { code: 'unavailable', status: 503, retryAfter: expect.any(Number) };
const TIMEOUT = { code: 'query_timeout', status: 504 };

describe('what ClickHouse says becomes', () => {
  let database: Database;
  beforeAll(() => {
    database = open({ allow_custom_error_code_in_throwif: 1 });
  });

  test.each([
    ['MEMORY_LIMIT_EXCEEDED', 241, UNAVAILABLE],
    ['TOO_MANY_SIMULTANEOUS_QUERIES', 202, UNAVAILABLE],
    ['NOT_ENOUGH_SPACE', 243, UNAVAILABLE],
    ['TABLE_IS_READ_ONLY', 242, UNAVAILABLE],
    ['TOO_MANY_PARTS', 252, UNAVAILABLE],
    ['NETWORK_ERROR', 210, UNAVAILABLE],
    ['SOCKET_TIMEOUT', 209, UNAVAILABLE],
    ['CANNOT_SCHEDULE_TASK', 439, UNAVAILABLE],
    ['CANNOT_ALLOCATE_MEMORY', 173, UNAVAILABLE],
    ['CANNOT_WRITE_TO_FILE_DESCRIPTOR', 75, UNAVAILABLE],
    ['QUERY_WAS_CANCELLED', 394, UNAVAILABLE],
    ['TIMEOUT_EXCEEDED', 159, TIMEOUT],
    ['TOO_SLOW', 160, TIMEOUT],
  ])('%s', async (_, code, expected) => {
    const query = sql`SELECT throwIf(1, 'x', ${param('Int16', code)})`;
    await expect(database.rows(query)).rejects.toMatchObject(expected);
  });

  test('a fault of ours stays one', async () => {
    await expect(database.rows(sql`SELECT nothing`)).rejects.not.toHaveProperty('status');
  });
});

describe('a real', () => {
  test('query over its time is 504', async () => {
    const query = sql`SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(number)`;
    await expect(open().rows(query, { maxSeconds: 1 })).rejects.toMatchObject(TIMEOUT);
  });

  test('query over its own memory is 504, and not worth another try', async () => {
    const query = sql`SELECT uniqExact(number) FROM numbers(10000000)`;
    const refused = open({ max_memory_usage: '10000000' }).rows(query);
    await expect(refused).rejects.toMatchObject({ ...TIMEOUT, retryAfter: undefined });
  });

  test('server that is away is 503, and does not answer', async () => {
    const away = open({}, 'http://127.0.0.1:9');
    await expect(away.rows(sql`SELECT 1`)).rejects.toMatchObject(UNAVAILABLE);
    await expect(away.insert('t', ['a'], ['[1]'])).rejects.toMatchObject(UNAVAILABLE);
    expect(await away.ping()).toBe(false);
  });
});
