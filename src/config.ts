import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { TEMPORARY_DATABASES } from './config-values.ts';
import { type LOG_LEVELS, type TRACES_SAMPLERS, variables } from './config-variables.ts';
import type { Destinations } from './export-jobs/destination.ts';

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

interface Rule {
  /** The one line shown to the operator. */
  readonly message: string;
  readonly isBroken: (settings: z.infer<typeof variables>) => boolean;
}

const ownLogin = (name: 'CLICKHOUSE_USER' | 'CLICKHOUSE_PASSWORD'): Rule => ({
  message: `CLICKHOUSE_URL must be set when ${name} is: the embedded ClickHouse has its own login.`,
  isBroken: ({ CLICKHOUSE_URL, [name]: login }) => CLICKHOUSE_URL === undefined && login !== undefined,
});

/** What variables must be to each other; the first that is broken is named. */
const RULES: readonly Rule[] = [
  {
    message: 'SPOOR_VISITOR_SECRET must be set when CLICKHOUSE_URL is: it is the secret of the visitor hash.',
    isBroken: ({ CLICKHOUSE_URL, SPOOR_VISITOR_SECRET }) =>
      CLICKHOUSE_URL !== undefined && SPOOR_VISITOR_SECRET === undefined,
  },
  ownLogin('CLICKHOUSE_USER'),
  ownLogin('CLICKHOUSE_PASSWORD'),
  {
    message: 'CLICKHOUSE_DATABASE must not end with _snapshot or _restored: backups use such names.',
    isBroken: ({ CLICKHOUSE_URL, CLICKHOUSE_DATABASE }) =>
      CLICKHOUSE_URL === undefined && TEMPORARY_DATABASES.test(CLICKHOUSE_DATABASE),
  },
  {
    message: 'CLICKHOUSE_CLUSTER must name the cluster when CLICKHOUSE_URL names several servers.',
    isBroken: ({ CLICKHOUSE_URL = [], CLICKHOUSE_CLUSTER }) =>
      CLICKHOUSE_CLUSTER === undefined && CLICKHOUSE_URL.length > 1,
  },
  {
    message:
      'CLICKHOUSE_URL must name a node when CLICKHOUSE_CLUSTER is set: the embedded ClickHouse is not a cluster.',
    isBroken: ({ CLICKHOUSE_URL, CLICKHOUSE_CLUSTER }) =>
      CLICKHOUSE_CLUSTER !== undefined && CLICKHOUSE_URL === undefined,
  },
];

/**
 * Parses the settings. An empty variable counts as unset.
 * @throws ConfigError that names the first invalid variable and what it must be
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`${String(issue?.path[0])} ${issue?.message ?? 'is invalid'}.`);
  }
  const settings = parsed.data;
  const broken = RULES.find(({ isBroken }) => isBroken(settings));
  if (broken !== undefined) throw new ConfigError(broken.message);
  const [url, ...otherUrls] = settings.CLICKHOUSE_URL ?? [];
  const name = settings.CLICKHOUSE_CLUSTER;
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
