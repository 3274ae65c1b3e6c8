import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Deadlines } from './clickhouse/deadlines.ts';
import { openClickHouse, refuseSecondServer } from './clickhouse/open.ts';
import { explainStartFailure } from './clickhouse/start-failure.ts';
import type { OnWait } from './clickhouse/waiting.ts';
import { applyRetention } from './clicks/retention.ts';
import type { Config } from './config.ts';
import { removeControl, writeControl } from './data-dir/control-file.ts';
import { createListener } from './http/app.ts';
import { rateLimitsOf } from './http/route/router.ts';
import { ROUTES } from './http/api/routes.ts';
import { listen } from './http/server/listen.ts';
import { KeyStore } from './keys/key-store.ts';
import { RateLimitWindows } from './rate-limit/rate-limit-windows.ts';
import { SharedRedis } from './rate-limit/shared-redis.ts';
import { DeletedSweep } from './schedules/deleted-sweep.ts';
import { type Metrics, createMetrics } from './telemetry/prometheus.ts';
import { ADMIN, composeScheduler, composeServices } from './compose.ts';

/** A running Spoor. */
export interface Running {
  readonly url: string;
  /** Acts as administrator towards this process, until it stops. */
  readonly token: string;
  /** The administrator's key, if this start created it. It is shown only once. */
  readonly newAdminKey: string | undefined;
  /** Runs the schedules that are due, as happens now and then by itself; settles when that has ended. Nothing where this instance runs none. */
  readonly runSchedules: () => Promise<void>;
  /** Settles when the embedded ClickHouse has ended and cannot be started again; never without one. */
  readonly engineLost: Promise<void>;
  /** Stops accepting, finishes what runs (at most 8 s), stops ClickHouse. */
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly log: Logger;
  /** How long to wait until another process has released the data directory. */
  readonly waitForDataDirMs: number;
  /** A server has an administrator's key and leaves a control file for commands to find it by. */
  readonly isServer: boolean;
  /** Called now and then with what the start waits for; unless given, it is logged. */
  readonly onWait?: OnWait;
  readonly deadlines?: Deadlines;
  /** Unix milliseconds; the clock of this machine unless given. */
  readonly now?: () => number;
}

/**
 * Starts Spoor: ClickHouse with its tables, then the HTTP service. A start that fails leaves nothing open.
 * @throws Error with a sentence for the operator
 */
export async function start(config: Config, options: StartOptions): Promise<Running> {
  const opened: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    // One that cannot be closed must not keep the others open.
    const failures: unknown[] = [];
    for (const closeOne of opened.splice(0).toReversed()) {
      try {
        await closeOne();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    return { ...(await open(config, options, (closeOne) => opened.push(closeOne))), stop: close };
  } catch (error) {
    await close().catch(() => {});
    throw explainStartFailure(error, config);
  }
}

/** @param closing called with a function to close each thing that was opened; the last is closed first */
async function open(
  config: Config,
  {
    log,
    waitForDataDirMs,
    isServer,
    onWait = (what) => log.warn(`waiting for ${what}`),
    deadlines,
    now = Date.now,
  }: StartOptions,
  closing: (close: () => unknown) => void,
): Promise<Omit<Running, 'stop'>> {
  // With a ClickHouse of its own a second server finds the engine's lock; with CLICKHOUSE_URL only this tells.
  if (isServer && config.clickhouse !== undefined) await refuseSecondServer(config);
  const metrics = createMetrics();
  const telemetry = isServer ? await openTelemetry(config, metrics, log) : undefined;
  closing(() => telemetry?.close());
  const tracer = telemetry?.tracer;
  const clickhouse = await openClickHouse(config, {
    waitForDataDirMs,
    observe: metrics.observeQuery,
    onWait,
    deadlines,
    onEngineExit: () => log.error('the embedded ClickHouse has stopped; restarting it'),
  });
  closing(clickhouse.close);
  if (clickhouse.migrated.length > 0) log.info({ migrations: clickhouse.migrated }, 'migrated');
  const token = `spoo_${randomBytes(32).toString('base64url')}`;
  const redis = isServer ? await openRedis(config, log) : undefined;
  closing(() => redis?.close());
  const rateLimits =
    config.rateLimits === 'on' ? new RateLimitWindows(rateLimitsOf(ROUTES), redis) : undefined;
  const services = composeServices(config, { clickhouse, metrics, log, rateLimits, tracer, now }, token);
  closing(() => services.removal.close());
  closing(() => services.idempotency.close());
  closing(() => services.ingestThreads.close());
  closing(() => services.exportJobs.close());
  await services.backups.clear();
  if (isServer) await applyRetention(clickhouse.clickTables, config.retentionDays);
  if (isServer) await services.removal.finishDeleting(onWait);
  // What an earlier process has removed but not lived to rewrite.
  if (isServer) await services.removal.rewriteDeleted();
  if (isServer) await services.exportJobs.start();
  closing(() => removeControl(config.dataDir, token));
  const server = await listen(createListener(services), { ...config, shares: services.shares });
  closing(server.close);
  closing(() => services.cache.changes.endWaits());
  const { url } = server;
  if (isServer) writeControl(config.dataDir, { url, token, pid: process.pid });
  const runsSchedules = isServer && config.schedules === 'on';
  const scheduler = runsSchedules ? composeScheduler(config, services, redis) : undefined;
  closing(() => scheduler?.close());
  scheduler?.start();
  const deletedSweep = isServer ? new DeletedSweep(services) : undefined;
  closing(() => deletedSweep?.close());
  deletedSweep?.start();
  // The last step: a key that a failing start creates would never be shown.
  const newAdminKey = isServer ? await makeFirstAdminKey(config, services.keys) : undefined;
  const runSchedules = async (): Promise<void> => scheduler?.runDue();
  return { url, token, newAdminKey, runSchedules, engineLost: clickhouse.engineLost };
}

/** Loaded only where there is a collector to export to. */
async function openTelemetry({ otlp }: Config, metrics: Metrics, log: Logger) {
  if (otlp === undefined) return undefined;
  const telemetry = await import('./telemetry/open-telemetry.ts').catch((cause: unknown) => {
    if (Object(cause).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(
      'OTEL_EXPORTER_OTLP_ENDPOINT needs packages that are not installed: run npm install --include=optional.',
      { cause },
    );
  });
  return telemetry.openTelemetry({
    ...otlp,
    readMetrics: () => metrics.registry.getMetricsAsJSON(),
    onFailure: (failure) => log.warn({ failure }, 'the OpenTelemetry collector takes no spans or metrics'),
  });
}

async function openRedis(
  { rateLimits, schedules, redisUrl }: Config,
  log: Logger,
): Promise<SharedRedis | undefined> {
  if (redisUrl === undefined || (rateLimits === 'off' && schedules === 'off')) return undefined;
  return SharedRedis.open(redisUrl, {
    onUnreachable: (failure) =>
      log.warn(
        { failure },
        'Redis is unreachable: this process counts rate limits by itself and begins no schedules',
      ),
    onBack: () => log.info('Redis is reachable again: rate limits and schedules are shared'),
  });
}

async function makeFirstAdminKey(config: Config, keys: KeyStore): Promise<string | undefined> {
  if (config.adminKey !== undefined || (await keys.hasEverGiven('admin:all'))) return undefined;
  return (await keys.create({ ...ADMIN, name: 'first administrator', expiresAt: null })).key;
}
