import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import {
  RESERVED_DATABASES,
  isAttribute,
  isHeader,
  isHttpUrl,
  isOrigin,
  isPlaceDatabase,
  isRedisUrl,
  isServerUrl,
} from './config-values.ts';
import { destinationsSetting } from './export-jobs/destination.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** How requests are chosen whose spans are exported, by the names that OpenTelemetry has for it. */
export const TRACES_SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

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

/** Each variable by itself: what it may be, and what it is when it is not set. */
export const variables = z.object({
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
export const SETTING_NAMES: readonly string[] = Object.keys(variables.shape);
