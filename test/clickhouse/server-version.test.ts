import { expect, test } from '@jest/globals';
import { OLDEST_SERVED, isOlder, refuseOldServer } from '../../src/clickhouse/server-version.ts';

test.each([
  ['18.16.1', '26.7', true],
  ['26.6.9.99', '26.7', true],
  ['26.10.1', '26.7', false],
  ['26.7', '26.7', false],
  ['26.7.3.1', '26.7', false],
  ['27.1.1.1', '26.7', false],
  ['9.9', '26.7', true],
  ['26', '26.7', false],
  ['25.3.6.10034.altinitystable', '26.7', true],
  ['26.8.1.1-testing', '26.7', false],
  ['<html>', '26.7', false],
])('%s is older than %s: %s', (version, than, expected) => {
  expect(isOlder(version, than)).toBe(expected);
});

test('an older server is refused with its version, the oldest served and the setting to look at', () => {
  const server = { url: 'http://clickhouse:8123', user: 'default', password: 'secret' };
  expect(() => refuseOldServer(server, '1.2.3')).toThrow(
    `CLICKHOUSE_URL: the ClickHouse at http://clickhouse:8123 is version 1.2.3; the oldest served is ${OLDEST_SERVED}.`,
  );
  expect(() => refuseOldServer(server, OLDEST_SERVED)).not.toThrow();
});
