import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config.ts';

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
