import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config.ts';

describe('SPOOR_REDIS_URL', () => {
  test.each([
    'redis://127.0.0.1',
    'redis://cache.example:6380/2',
    'rediss://user:p%40ss@cache.example',
    'redis://:password@[::1]:6379/',
  ])('takes %s', (url) => {
    expect(readConfig({ SPOOR_REDIS_URL: url }).redisUrl).toBe(url);
  });

  test.each([
    '127.0.0.1:6379',
    'http://127.0.0.1',
    'redis:///1',
    'redis://host/one',
    'redis://user:%zz@host',
    'rediss://user:%ff@host',
  ])('refuses %s, and does not repeat it', (url) => {
    let message = '';
    try {
      readConfig({ SPOOR_REDIS_URL: url });
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('SPOOR_REDIS_URL must be');
    expect(message).not.toContain(url);
  });
});

describe('SPOOR_ADMIN_KEY', () => {
  const read = (characters: number) => readConfig({ SPOOR_ADMIN_KEY: `spoo_${'k'.repeat(characters)}` });

  test.each([24, 512])('takes %i characters', (characters) => {
    expect(read(characters).adminKey).toHaveLength(5 + characters);
  });

  test.each([23, 513])('refuses %i', (characters) => {
    expect(() => read(characters)).toThrow('SPOOR_ADMIN_KEY must be spoo_ and 24 to 512');
  });
});

describe('SPOOR_TRUST_PROXY', () => {
  test.each([
    [undefined, 0],
    ['0', 0],
    ['false', 0],
    ['true', 1],
    ['1', 1],
    ['3', 3],
  ])('%s is %i', (value, proxies) => {
    expect(readConfig({ SPOOR_TRUST_PROXY: value }).trustProxy).toBe(proxies);
  });
});

describe('CLICKHOUSE_URL and CLICKHOUSE_CLUSTER', () => {
  const read = (CLICKHOUSE_URL?: string, CLICKHOUSE_CLUSTER?: string) =>
    readConfig({ SPOOR_VISITOR_SECRET: 'secret', CLICKHOUSE_URL, CLICKHOUSE_CLUSTER });

  test('one URL is one server, or a node by which the others are found', () => {
    expect(read('http://a:8123')).toMatchObject({ clickhouse: { url: 'http://a:8123' }, cluster: undefined });
    expect(read('http://a:8123', 'web').cluster).toEqual({ name: 'web', urls: ['http://a:8123'] });
    expect(read(' http://a , https://b ', 'web').cluster).toEqual({
      name: 'web',
      urls: ['http://a', 'https://b'],
    });
  });

  test.each([
    [
      'http://a,http://b',
      undefined,
      'CLICKHOUSE_CLUSTER must name the cluster when CLICKHOUSE_URL names several servers.',
    ],
    [
      undefined,
      'web',
      'CLICKHOUSE_URL must name a node when CLICKHOUSE_CLUSTER is set: the embedded ClickHouse is no cluster.',
    ],
    ['http://a,b', 'web', 'CLICKHOUSE_URL must be an http(s) URL, or several, comma-separated.'],
    ['http://a,', 'web', 'CLICKHOUSE_URL must be an http(s) URL, or several, comma-separated.'],
    ['http://a,http://a', 'web', 'CLICKHOUSE_URL must not name a server twice.'],
    ['http://a', "we'b", 'CLICKHOUSE_CLUSTER must be letters, digits, _, . and -.'],
  ])('%s with %s is refused in one line', (url, cluster, message) => {
    expect(() => read(url, cluster)).toThrow(new ConfigError(message));
  });
});
