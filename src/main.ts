import { randomBytes } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import pino, { type Logger } from 'pino';
import { Backups } from './backup/write-backup.ts';
import { CacheBudget } from './cache/cache-budget.ts';
import { StatsCache } from './cache/stats-cache.ts';
import type { Database } from './clickhouse/database.ts';
import type { Deadlines } from './clickhouse/deadlines.ts';
import type { OpenClickHouse } from './clickhouse/server-connection.ts';
import { openClickHouse, refuseSecondServer } from './clickhouse/open.ts';
import { failureName } from './clickhouse/failures.ts';
import { explainStartFailure } from './clickhouse/start-failure.ts';
import { createVersions } from './clickhouse/versions.ts';
import type { OnWait } from './clickhouse/waiting.ts';
import { queryLimits } from './clickhouse/workloads.ts';
import { onEachShard } from './stats/sql/sharding.ts';
import { ZoneAgreement } from './clickhouse/zone-agreement.ts';
import { type EnrichStep, enrichSteps } from './clicks/enrich/enrich.ts';
import { UNKNOWN_PLACE } from './clicks/enrich/place.ts';
import { cachedUserAgents } from './clicks/enrich/user-agent.ts';
import { type HashVisitor, visitorHasher } from './clicks/enrich/visitor.ts';
import { IdempotencyLedger } from './clicks/idempotency.ts';
import { BatchImporter } from './clicks/import/batches.ts';
import type { IngestContext } from './clicks/ingest.ts';
import { lazyPlaces } from './clicks/place-database.ts';
import { ClickRemoval } from './clicks/removal.ts';
import { applyRetention, keptSinceOf } from './clicks/retention.ts';
import { ClickWriter } from './clicks/writer.ts';
import type { Config } from './config.ts';
import { removeControl, writeControl } from './data-dir/control-file.ts';
import { descriptorLimit } from './process/descriptors.ts';
import { type SpoolFolder, openSpoolFolder } from './export-spool/spool-folder.ts';
import { Spool } from './export-spool/spool.ts';
import { createShares } from './fair-share/shares.ts';
import { createListener } from './http/app.ts';
import { rateLimitsOf } from './http/route/router.ts';
import { ROUTES } from './http/api/routes.ts';
import { listen, maxConnections } from './http/server/listen.ts';
import type { Services } from './http/request/services.ts';
import { KeyStore, hashKey } from './keys/key-store.ts';
import type { Principal } from './keys/scopes.ts';
import { RateLimits } from './rate-limit/rate-limits.ts';
import { SharedRedis } from './rate-limit/shared-redis.ts';
import { lineTime, linesTogether } from './process/log-lines.ts';
import { createMetrics } from './process/prometheus.ts';
import { readOrCreateSecret } from './data-dir/secrets.ts';
import { sql } from './sql/sql.ts';
import { UrlRegistry } from './urls/registry.ts';

/** A Spoor that runs. */
export interface Running {
  readonly url: string;
  /** Acts as administrator towards this process, until it stops. */
  readonly token: string;
  /** The administrator's key, when this start made it: it is never to be had again. */
  readonly newAdminKey: string | undefined;
  /** Settles when the embedded ClickHouse has ended and cannot be started again; never without one. */
  readonly engineLost: Promise<void>;
  /** Stops accepting, finishes what runs (at most 8 s), stops ClickHouse. */
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly log: Logger;
  /** How long to wait for another process to let go of the data directory. */
  readonly waitForDataDirMs: number;
  /** A server has an administrator's key and leaves a control file for commands to find it by. */
  readonly isServer: boolean;
  /** Told now and then what the start waits for; unless given, the log is. */
  readonly onWait?: OnWait;
  readonly deadlines?: Deadlines;
}

const ADMIN: Principal = { id: 'admin', ownerId: 'admin', scopes: ['admin:all'], rateLimit: 'standard' };
/** The commands' own: nobody else knows the token, and a command is not to be held up. */
const CONTROL: Principal = { ...ADMIN, id: 'control', rateLimit: 'unlimited' };

/** A log of JSON lines on standard output. Nothing that names a person or a secret is ever handed to it. */
export function createLog(level: Config['logLevel']): Logger {
  return pino({ level, base: null, timestamp: lineTime() }, linesTogether());
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

/** @param closing is told, of each thing that is opened, how to close it; the last is closed first */
async function open(
  config: Config,
  {
    log,
    waitForDataDirMs,
    isServer,
    onWait = (what) => log.warn(`waiting for ${what}`),
    deadlines,
  }: StartOptions,
  closing: (close: () => unknown) => void,
): Promise<Omit<Running, 'stop'>> {
  // With a ClickHouse of its own a second server finds the engine's lock; with CLICKHOUSE_URL only this tells.
  if (isServer && config.clickhouse !== undefined) await refuseSecondServer(config);
  const metrics = createMetrics();
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
  const rateLimits = config.rateLimits === 'on' ? new RateLimits(rateLimitsOf(ROUTES), redis) : undefined;
  const services = compose(config, { clickhouse, metrics, log, rateLimits }, token);
  closing(() => services.removal.close());
  await services.backups.clear();
  if (isServer) await applyRetention(clickhouse.clickTables, config.retentionDays);
  // What an earlier process has marked but did not live to have rewritten.
  if (isServer) await services.removal.rewriteMarked();
  closing(() => removeControl(config.dataDir, token));
  const server = await listen(createListener(services), { ...config, shares: services.shares });
  closing(server.close);
  const { url } = server;
  if (isServer) writeControl(config.dataDir, { url, token, pid: process.pid });
  // The last step: a key that is made by a start which fails is never shown.
  const newAdminKey = isServer ? await makeFirstAdminKey(config, services.keys) : undefined;
  return { url, token, newAdminKey, engineLost: clickhouse.engineLost };
}

async function openRedis({ rateLimits, redisUrl }: Config, log: Logger): Promise<SharedRedis | undefined> {
  if (rateLimits === 'off' || redisUrl === undefined) return undefined;
  return SharedRedis.open(redisUrl, {
    onUnreachable: (failure) =>
      log.warn({ failure }, 'Redis is unreachable: this process counts rate limits by itself'),
    onBack: () => log.info('Redis is reachable again: rate limits are shared'),
  });
}

type Parts = Pick<Services, 'metrics' | 'log' | 'rateLimits'> & {
  readonly clickhouse: Pick<OpenClickHouse, 'database' | 'clickTables' | 'shards'>;
};

function compose(config: Config, { clickhouse, ...parts }: Parts, token: string): Services {
  const { database, clickTables, shards } = clickhouse;
  // Its directory is of one process at a time.
  const isEmbedded = config.clickhouse === undefined;
  const spoolFolder = spoolFolderOf(config, parts.log);
  const shares = createShares({
    ...config,
    maxDearQueries: queryLimits(config).dearQuestions,
    spoolBytes: config.spoolBytes ?? spoolFolder?.defaultBytes ?? 0,
    maxConnections: maxConnections(descriptorLimit()),
    heapBytes: getHeapStatistics().heap_size_limit,
  });
  parts.metrics.watchShares(shares);
  const now = Date.now;
  const nextVersion = createVersions(now);
  const removal = new ClickRemoval(clickTables);
  const budget = new CacheBudget(config.cacheBytes);
  parts.metrics.watchCaches(() => budget.bytes);
  const cache = new StatsCache({ database, spread: shards, budget, count: parts.metrics.countCacheRequest });
  const urls = new UrlRegistry(database, nextVersion, removal, budget, isEmbedded);
  const visitorSecret = config.visitorSecret ?? readOrCreateSecret(config.dataDir, 'visitor-secret');
  const hashVisitor = visitorHasher(visitorSecret);
  const keptSince = keptSinceOf(config.retentionDays);
  const ingest: IngestContext = {
    writer: notingWriter(new ClickWriter(database, shards), cache),
    urls,
    keptSince,
    steps: enrichment(config, hashVisitor, budget),
  };
  const fixedKeys = new Map([[hashKey(token), CONTROL]]);
  if (config.adminKey !== undefined) fixedKeys.set(hashKey(config.adminKey), ADMIN);
  return {
    ...parts,
    database,
    spread: shards,
    urls,
    keys: new KeyStore(database, nextVersion, now, budget, isEmbedded),
    fixedKeys,
    ingest,
    idempotency: new IdempotencyLedger(database, nextVersion),
    importer: new BatchImporter(database, ingest, nextVersion),
    removal,
    backups: new Backups({
      database,
      dataDir: isEmbedded ? config.dataDir : undefined,
      visitorSecret,
      undisturbed: (work) => urls.gate.shut(work),
    }),
    hashVisitor,
    keptSince,
    cache,
    timeZones: timeZonesOf(database),
    zones: new ZoneAgreement(
      database,
      shards && ((query) => sql`SELECT * FROM ${onEachShard(shards, query)}`),
    ),
    shares,
    spool: spoolFolder && new Spool(spoolFolder, shares.spool),
    proxies: config.trustProxy,
    corsOrigins: config.corsOrigins,
    now,
  };
}

/** Where exports to slow clients are spooled; undefined if spooling is off or the data directory is not writable. */
function spoolFolderOf({ spoolBytes, dataDir }: Config, log: Logger): SpoolFolder | undefined {
  if (spoolBytes === 0) return undefined;
  try {
    return openSpoolFolder(dataDir);
  } catch (error) {
    log.warn(
      { failure: failureName(error) },
      'SPOOR_DATA_DIR is not writable: exports to slow clients are not spooled',
    );
    return undefined;
  }
}

/** A writer that tells the cache whose clicks it has written, also where it failed: part may be stored all the same. */
function notingWriter(writer: ClickWriter, cache: StatsCache): IngestContext['writer'] {
  return {
    write: async (rows, once) => {
      try {
        await writer.write(rows, once);
      } finally {
        cache.dataChanged(new Set(rows.map(({ ownerId }) => ownerId)));
      }
    },
  };
}

function enrichment(config: Config, hashVisitor: HashVisitor, budget: CacheBudget): IngestContext['steps'] {
  const sources = {
    hashVisitor,
    parseUserAgent: cachedUserAgents(budget.open('user_agents')),
  };
  const places = lazyPlaces(config.geoipDb, budget.open('places'));
  const withoutPlaces = enrichSteps({ ...sources, findPlace: () => UNKNOWN_PLACE });
  let withPlaces: readonly EnrichStep[] | undefined;
  return async (needsPlace) =>
    needsPlace ? (withPlaces ??= enrichSteps({ ...sources, findPlace: await places() })) : withoutPlaces;
}

/** Reads the zones ClickHouse knows at the first call that reaches it. */
function timeZonesOf(database: Database): Services['timeZones'] {
  let known: ReadonlySet<string> | undefined;
  return async () => {
    known ??= new Set(
      (await database.rows<[string]>(sql`SELECT time_zone FROM system.time_zones`)).map(([zone]) => zone),
    );
    return known;
  };
}

async function makeFirstAdminKey(config: Config, keys: KeyStore): Promise<string | undefined> {
  if (config.adminKey !== undefined || (await keys.hasEverGiven('admin:all'))) return undefined;
  return (await keys.create({ ...ADMIN, name: 'first administrator', expiresAt: null })).key;
}
