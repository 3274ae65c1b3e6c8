import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type Destinations, destinationsSetting } from './export-jobs/destination.ts';
import {
  RESERVED_DATABASES,
  TEMPORARY_DATABASES,
  isAttribute,
  isHeader,
  isHttpUrl,
  isOrigin,
  isPlaceDatabase,
  isRedisUrl,
  isServerUrl,
} from './config-values.ts';

/** An invalid setting; the message is the one line shown to the operator. */
export class ConfigError extends Error {}

export interface ClickHouseServer {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** A cluster that clicks are distributed over. */
export interface ClickHouseCluster {
  /** Its name in the servers' `remote_servers`. */
  readonly name: string;
  /** URLs of at least one of its nodes; the others are discovered. */
  readonly urls: readonly string[];
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** All settings, validated once at start. */
export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  /** The ClickHouse server; undefined: the embedded ClickHouse. */
  readonly clickhouse: ClickHouseServer | undefined;
  /** undefined: a single server. */
  readonly cluster: ClickHouseCluster | undefined;
  readonly database: string;
  readonly adminKey: string | undefined;
  /** The key that commands send to a remote server. */
  readonly apiKey: string | undefined;
  /** undefined: generated and stored in the data directory. */
  readonly visitorSecret: string | undefined;
  readonly geoipDb: string | undefined;
  /** Path of a database of autonomous systems. */
  readonly asnDb: string | undefined;
  /** Number of reverse proxies: the client address is that many places from the right of `X-Forwarded-For`. */
  readonly trustProxy: number;
  /** Milliseconds that a connection without a request stays open for the next one. */
  readonly keepAliveMs: number;
  readonly rateLimits: 'on' | 'off';
  /** The Redis in which instances share their rate limits; undefined: each counts by itself. */
  readonly redisUrl: string | undefined;
  /** Whether this instance runs schedules. */
  readonly schedules: 'on' | 'off';
  /** Whether webhooks may be at addresses that are not of the public internet. */
  readonly privateWebhooks: 'allow' | 'refuse';
  /** Stats queries that run in ClickHouse at once. */
  readonly maxQueries: number;
  /** Exports that run at once. */
  readonly maxExports: number;
  /** Bytes of disk for exports to slow clients; 0: no spooling; undefined: depends on the free space. */
  readonly spoolBytes: number | undefined;
  /** Absolute path of the folder for the files of export jobs. */
  readonly exportDir: string;
  /** Bytes of disk for these files; undefined: depends on the free space. */
  readonly exportDiskBytes: number | undefined;
  /** Days that these files are kept. */
  readonly exportDays: number;
  /** Where exports can be sent to. */
  readonly exportDestinations: Destinations;
  /** Bytes of memory for all caches together; 0: no caching. */
  readonly cacheBytes: number;
  /** Origins whose pages may call the API; `*` allows every origin. */
  readonly corsOrigins: readonly string[];
  /** Days that clicks are kept; undefined: forever. */
  readonly retentionDays: number | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** The collector that spans and metrics are sent to; undefined: none. */
  readonly otlp: OtlpCollector | undefined;
}

/** How requests are chosen whose spans are exported, by the names that OpenTelemetry has for it. */
export const TRACES_SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export interface TracesSampler {
  readonly name: (typeof TRACES_SAMPLERS)[number];
  /** The part of all traces, for those that choose by it. */
  readonly ratio: number;
}

export interface OtlpCollector {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the spans and metrics are of: `service.name` and others. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly sampler: TracesSampler;
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

const hostName = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(text),
    'must be an address or host name',
  );

const environment = z.object({
  HOST: hostName.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(8080),
  SPOOR_DATA_DIR: z.string().default('./data'),
  CLICKHOUSE_URL: z
    .string()
    .transform((text) => text.split(',').map((url) => url.trim()))
    .refine((urls) => urls.every(isHttpUrl), {
      error: 'must be an http(s) URL, or several, comma-separated',
      abort: true,
    })
    .refine(
      (urls) => urls.every(isServerUrl),
      'must be scheme, host and port only: set CLICKHOUSE_USER, CLICKHOUSE_PASSWORD and CLICKHOUSE_DATABASE for the rest',
    )
    .refine(
      (urls) => new Set(urls.map((url) => new URL(url).origin)).size === urls.length,
      'must not name a server twice',
    )
    .optional(),
  CLICKHOUSE_USER: z.string().optional(),
  CLICKHOUSE_PASSWORD: z.string().optional(),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and _, not beginning with a digit')
    .refine((name) => !RESERVED_DATABASES.test(name), "must not be one of ClickHouse's own databases")
    .default('spoor'),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be letters, digits, _, . and -')
    .optional(),
  SPOOR_ADMIN_KEY: z
    .string()
    .regex(/^spoo_[A-Za-z0-9_-]{24,512}$/, 'must be spoo_ and 24 to 512 letters, digits, _ or -')
    .optional(),
  SPOOR_API_KEY: z
    .string()
    .regex(/^[\x21-\x7E]+$/, 'must be one word without spaces')
    .optional(),
  SPOOR_VISITOR_SECRET: z.string().regex(/\S/, 'must not be blank').optional(),
  SPOOR_GEOIP_DB: z.string().refine(isPlaceDatabase, 'must be the path of a readable .mmdb file').optional(),
  SPOOR_ASN_DB: z.string().refine(isPlaceDatabase, 'must be the path of a readable .mmdb file').optional(),
  SPOOR_TRUST_PROXY: z
    .preprocess((value) => ({ true: '1', false: '0' })[String(value)] ?? value, wholeNumber(0, 32))
    .default(0),
  SPOOR_KEEP_ALIVE_SECONDS: wholeNumber(1, 3_600).default(75),
  SPOOR_MAX_QUERIES: wholeNumber(1, 1_000).default(2 * availableParallelism() + 4),
  SPOOR_MAX_EXPORTS: wholeNumber(1, 1_000).default(16),
  SPOOR_SPOOL_MB: wholeNumber(0, 1_048_576).optional(),
  SPOOR_EXPORT_DIR: z.string().optional(),
  SPOOR_EXPORT_DISK_MB: wholeNumber(1, 1_048_576).optional(),
  SPOOR_EXPORT_DAYS: wholeNumber(1, 365).default(7),
  SPOOR_EXPORT_DESTINATIONS: destinationsSetting.default(new Map()),
  SPOOR_CACHE_MB: wholeNumber(0, 65_536).default(64),
  SPOOR_RATE_LIMITS: z.enum(['on', 'off'], 'must be on or off').default('on'),
  SPOOR_REDIS_URL: z
    .string()
    .refine(
      isRedisUrl,
      'must be redis://host or rediss://host, optionally with user:password@, :port and /number, and nothing else',
    )
    .optional(),
  SPOOR_SCHEDULES: z.enum(['on', 'off'], 'must be on or off').default('on'),
  SPOOR_WEBHOOK_PRIVATE: z.enum(['allow', 'refuse'], 'must be allow or refuse').default('refuse'),
  SPOOR_RETENTION_DAYS: wholeNumber(1, 36_500).optional(),
  SPOOR_CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine(
      (origins) => origins.join() === '*' || origins.every(isOrigin),
      'must be origins such as https://app.example.com, comma-separated, or *',
    )
    .default([]),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().refine(isHttpUrl, 'must be an http(s) URL').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: namedValues(isHeader),
  OTEL_RESOURCE_ATTRIBUTES: namedValues(isAttribute),
  OTEL_TRACES_SAMPLER: z
    .enum(TRACES_SAMPLERS, `must be one of ${TRACES_SAMPLERS.join(', ')}`)
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1),
  OTEL_SERVICE_NAME: z.string().max(128, 'must be at most 128 characters').optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

/** Names and values as OpenTelemetry's variables have them. */
function namedValues(isPair: (name: string, value: string) => boolean) {
  return z
    .string()
    .transform((text) =>
      text.split(',').map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [name.trim(), value.join('=').trim()] as const;
      }),
    )
    .refine(
      (pairs) => pairs.every(([name, value]) => isPair(name, value)),
      'must be name=value, comma-separated, with values percent-encoded',
    )
    .transform((pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, decodeURIComponent(value)])))
    .default({});
}

/** The environment variables that are settings. */
export const SETTING_NAMES: readonly string[] = Object.keys(environment.shape);

/**
 * Parses the settings. An empty variable counts as unset.
 * @throws ConfigError that names the first invalid variable and what it must be
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`${String(issue?.path[0])} ${issue?.message ?? 'is invalid'}.`);
  }
  const settings = parsed.data;
  if (settings.CLICKHOUSE_URL !== undefined && settings.SPOOR_VISITOR_SECRET === undefined) {
    throw new ConfigError(
      'SPOOR_VISITOR_SECRET must be set when CLICKHOUSE_URL is: it is the secret of the visitor hash.',
    );
  }
  const ownLogin = (['CLICKHOUSE_USER', 'CLICKHOUSE_PASSWORD'] as const).find(
    (name) => settings[name] !== undefined,
  );
  if (settings.CLICKHOUSE_URL === undefined && ownLogin !== undefined) {
    throw new ConfigError(
      `CLICKHOUSE_URL must be set when ${ownLogin} is: the embedded ClickHouse has its own login.`,
    );
  }
  if (settings.CLICKHOUSE_URL === undefined && TEMPORARY_DATABASES.test(settings.CLICKHOUSE_DATABASE)) {
    throw new ConfigError(
      'CLICKHOUSE_DATABASE must not end with _snapshot or _restored: backups use such names.',
    );
  }
  const [url, ...otherUrls] = settings.CLICKHOUSE_URL ?? [];
  const name = settings.CLICKHOUSE_CLUSTER;
  if (name === undefined && otherUrls.length > 0) {
    throw new ConfigError(
      'CLICKHOUSE_CLUSTER must name the cluster when CLICKHOUSE_URL names several servers.',
    );
  }
  if (name !== undefined && url === undefined) {
    throw new ConfigError(
      'CLICKHOUSE_URL must name a node when CLICKHOUSE_CLUSTER is set: the embedded ClickHouse is not a cluster.',
    );
  }
  return Object.freeze({
    host: settings.HOST,
    port: settings.PORT,
    dataDir: resolve(settings.SPOOR_DATA_DIR),
    clickhouse:
      url === undefined
        ? undefined
        : {
            url,
            user: settings.CLICKHOUSE_USER ?? 'default',
            password: settings.CLICKHOUSE_PASSWORD ?? '',
          },
    cluster: name === undefined || url === undefined ? undefined : { name, urls: [url, ...otherUrls] },
    database: settings.CLICKHOUSE_DATABASE,
    adminKey: settings.SPOOR_ADMIN_KEY,
    apiKey: settings.SPOOR_API_KEY,
    visitorSecret: settings.SPOOR_VISITOR_SECRET,
    geoipDb: settings.SPOOR_GEOIP_DB,
    asnDb: settings.SPOOR_ASN_DB,
    trustProxy: settings.SPOOR_TRUST_PROXY,
    keepAliveMs: settings.SPOOR_KEEP_ALIVE_SECONDS * 1_000,
    rateLimits: settings.SPOOR_RATE_LIMITS,
    redisUrl: settings.SPOOR_REDIS_URL,
    schedules: settings.SPOOR_SCHEDULES,
    privateWebhooks: settings.SPOOR_WEBHOOK_PRIVATE,
    maxQueries: settings.SPOOR_MAX_QUERIES,
    maxExports: settings.SPOOR_MAX_EXPORTS,
    spoolBytes: settings.SPOOR_SPOOL_MB === undefined ? undefined : settings.SPOOR_SPOOL_MB * 1_048_576,
    exportDir: resolve(settings.SPOOR_EXPORT_DIR ?? join(settings.SPOOR_DATA_DIR, 'exports')),
    exportDiskBytes:
      settings.SPOOR_EXPORT_DISK_MB === undefined ? undefined : settings.SPOOR_EXPORT_DISK_MB * 1_048_576,
    exportDays: settings.SPOOR_EXPORT_DAYS,
    exportDestinations: settings.SPOOR_EXPORT_DESTINATIONS,
    cacheBytes: settings.SPOOR_CACHE_MB * 1_048_576,
    corsOrigins: settings.SPOOR_CORS_ORIGINS,
    retentionDays: settings.SPOOR_RETENTION_DAYS,
    logLevel: settings.LOG_LEVEL,
    otlp:
      settings.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
            headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
            attributes: {
              'service.name': 'spoor',
              ...settings.OTEL_RESOURCE_ATTRIBUTES,
              ...(settings.OTEL_SERVICE_NAME !== undefined && { 'service.name': settings.OTEL_SERVICE_NAME }),
            },
            sampler: { name: settings.OTEL_TRACES_SAMPLER, ratio: settings.OTEL_TRACES_SAMPLER_ARG },
          },
  });
}
