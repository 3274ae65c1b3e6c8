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
    'redis://host?db=3',
    'redis://host#3',
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

describe('SPOOR_KEEP_ALIVE_SECONDS', () => {
  test.each([
    [undefined, 75_000],
    ['1', 1_000],
    ['3600', 3_600_000],
  ])('%s is %i ms', (value, keepAliveMs) => {
    expect(readConfig({ SPOOR_KEEP_ALIVE_SECONDS: value }).keepAliveMs).toBe(keepAliveMs);
  });

  test.each(['0', '3601', '1.5', '-1', '75s'])('refuses %s', (value) => {
    expect(() => readConfig({ SPOOR_KEEP_ALIVE_SECONDS: value })).toThrow(
      'SPOOR_KEEP_ALIVE_SECONDS must be a whole number from 1 to 3600',
    );
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
      'CLICKHOUSE_URL must name a node when CLICKHOUSE_CLUSTER is set: the embedded ClickHouse is not a cluster.',
    ],
    ['http://a,b', 'web', 'CLICKHOUSE_URL must be an http(s) URL, or several, comma-separated.'],
    ['http://a,', 'web', 'CLICKHOUSE_URL must be an http(s) URL, or several, comma-separated.'],
    ['http://a,http://a', 'web', 'CLICKHOUSE_URL must not name a server twice.'],
    ['http://a:80/,http://A', 'web', 'CLICKHOUSE_URL must not name a server twice.'],
    ['http://a', "we'b", 'CLICKHOUSE_CLUSTER must be letters, digits, _, . and -.'],
  ])('%s with %s is refused in one line', (url, cluster, message) => {
    expect(() => read(url, cluster)).toThrow(new ConfigError(message));
  });
});

describe('settings that say the same', () => {
  const SERVER = { CLICKHOUSE_URL: 'http://a:8123', SPOOR_VISITOR_SECRET: 'secret' };

  test.each([
    'http://a:8123/shop',
    'http://a:8123//',
    'http://user@a:8123',
    'http://:password@a:8123',
    'http://a:8123/?database=shop',
    'http://a:8123/?user=shop&password=secret',
    'http://a:8123/#shop',
    'http://b:8123,http://a:8123/shop',
  ])('%s is refused in a line that names the settings to use, and does not repeat it', (url) => {
    expect(() =>
      readConfig({ ...SERVER, CLICKHOUSE_URL: url, CLICKHOUSE_CLUSTER: url.includes(',') ? 'web' : '' }),
    ).toThrow(
      new ConfigError(
        'CLICKHOUSE_URL must be scheme, host and port only: set CLICKHOUSE_USER, CLICKHOUSE_PASSWORD and CLICKHOUSE_DATABASE for the rest.',
      ),
    );
  });

  test.each(['http://a:8123', 'http://a:8123/', 'https://[::1]:8443', 'http://a:8123/?'])(
    '%s is a server',
    (url) => expect(readConfig({ ...SERVER, CLICKHOUSE_URL: url }).clickhouse?.url).toBe(url),
  );

  test.each(['CLICKHOUSE_USER', 'CLICKHOUSE_PASSWORD'])('%s without CLICKHOUSE_URL is refused', (name) => {
    expect(() => readConfig({ [name]: 'shop' })).toThrow(
      new ConfigError(
        `CLICKHOUSE_URL must be set when ${name} is: the embedded ClickHouse has its own login.`,
      ),
    );
    expect(readConfig({ [name]: '' }).clickhouse).toBeUndefined();
  });

  test('with CLICKHOUSE_URL alone the user is default, without a password', () => {
    expect(readConfig(SERVER).clickhouse).toMatchObject({ user: 'default', password: '' });
  });
});

describe('CLICKHOUSE_DATABASE', () => {
  test.each([
    'system',
    'SYSTEM',
    'information_schema',
    'INFORMATION_SCHEMA',
    '_temporary_and_external_tables',
  ])('%s is ClickHouse’s own', (CLICKHOUSE_DATABASE) => {
    expect(() => readConfig({ CLICKHOUSE_DATABASE })).toThrow(
      new ConfigError("CLICKHOUSE_DATABASE must not be one of ClickHouse's own databases."),
    );
  });

  test.each(['spoor_snapshot', 'spoor_restored'])(
    '%s is dropped by the embedded ClickHouse’s next start as another database, so only a server has it',
    (CLICKHOUSE_DATABASE) => {
      expect(() => readConfig({ CLICKHOUSE_DATABASE })).toThrow(/^CLICKHOUSE_DATABASE must not end with/);
      const server = { CLICKHOUSE_URL: 'http://a', SPOOR_VISITOR_SECRET: 'secret' };
      expect(readConfig({ ...server, CLICKHOUSE_DATABASE }).database).toBe(CLICKHOUSE_DATABASE);
    },
  );
});

test('a blank SPOOR_VISITOR_SECRET is refused', () => {
  expect(() => readConfig({ SPOOR_VISITOR_SECRET: ' \t' })).toThrow(
    new ConfigError('SPOOR_VISITOR_SECRET must not be blank.'),
  );
});

describe('OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  const endpoint = 'http://127.0.0.1:4318';
  const read = (more: Readonly<Record<string, string>> = {}) =>
    readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more }).otlp;

  test('is none unless given, with the headers and the name beside it', () => {
    expect(readConfig({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }).otlp).toBeUndefined();
    const sampler = { name: 'parentbased_always_on', ratio: 1 };
    expect(read()).toEqual({ endpoint, headers: {}, attributes: { 'service.name': 'spoor' }, sampler });
    const given = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20eDp5=, x-team = a',
      OTEL_SERVICE_NAME: 'links',
    };
    expect(read(given)).toEqual({
      endpoint,
      headers: { authorization: 'Basic eDp5=', 'x-team': 'a' },
      attributes: { 'service.name': 'links' },
      sampler,
    });
    const described = 'deployment.environment.name=a%20b%2C, service.name = other';
    expect(read({ OTEL_RESOURCE_ATTRIBUTES: described })?.attributes).toEqual({
      'deployment.environment.name': 'a b,',
      'service.name': 'other',
    });
    expect(
      read({ OTEL_RESOURCE_ATTRIBUTES: described, OTEL_SERVICE_NAME: 'links' })?.attributes,
    ).toMatchObject({ 'service.name': 'links' });
  });

  test.each(['secret', 'a=', '=secret', 'a=%zz', 'a b=secret', 'a=%0Asecret'])(
    'refuses the headers %s',
    (headers) => {
      expect(() => read({ OTEL_EXPORTER_OTLP_HEADERS: headers })).toThrow(
        /^OTEL_EXPORTER_OTLP_HEADERS must be name=value, comma-separated, with values percent-encoded\.$/,
      );
    },
  );

  test.each(['a', 'a=', '=b', 'a=%zz', 'a b=c'])('refuses the attributes %s', (attributes) => {
    expect(() => read({ OTEL_RESOURCE_ATTRIBUTES: attributes })).toThrow(/^OTEL_RESOURCE_ATTRIBUTES must be/);
  });

  test('has a sampler', () => {
    const given = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
    expect(read(given)?.sampler).toEqual({ name: 'traceidratio', ratio: 0.25 });
    expect(() => read({ OTEL_TRACES_SAMPLER: 'sometimes' })).toThrow(/^OTEL_TRACES_SAMPLER must be one of/);
  });

  test.each(['1.5', '-1', '50%', '1e-3', '.5'])('refuses the part %s', (part) => {
    expect(() => read({ OTEL_TRACES_SAMPLER_ARG: part })).toThrow(
      'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.',
    );
  });

  test('refuses what is no URL', () => {
    expect(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow('http(s) URL');
  });
});
