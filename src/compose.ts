import { availableParallelism } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { Backups } from './backup/write-backup.ts';
import { CacheBudget } from './cache/cache-budget.ts';
import { StatsCache } from './cache/stats-cache.ts';
import { knownTimeZones } from './clickhouse/known-zones.ts';
import type { OpenClickHouse } from './clickhouse/server-connection.ts';
import { failureName } from './clickhouse/failures.ts';
import { createVersions } from './clickhouse/row-versions.ts';
import { queryLimits } from './clickhouse/workloads.ts';
import { onEachShard } from './stats/sql/click-source.ts';
import { ZoneAgreement } from './clickhouse/zone-agreement.ts';
import { SharedFrontier, arrivalFrontier } from './clicks/arrival-frontier.ts';
import { visitorHasher } from './clicks/enrich/visitor.ts';
import { enrichment } from './clicks/enrichment.ts';
import { IdempotencyLedger } from './clicks/idempotency.ts';
import { ErasureLog } from './erasure/erasure-log.ts';
import { ImportHistory } from './clicks/import/import-history.ts';
import { ImportLog } from './clicks/import/import-log.ts';
import { Importer } from './clicks/import/importer.ts';
import { FollowedImports } from './clicks/import/followed-imports.ts';
import { UNLOCKED, importLock } from './clicks/import/import-lock.ts';
import { ImportRegistry } from './clicks/import/import-registry.ts';
import type { IngestContext } from './clicks/ingest-options.ts';
import { lazily, readPlaceFiles } from './clicks/place-database.ts';
import { ClickRemoval } from './erasure/click-removal.ts';
import { keptSinceOf } from './clicks/retention.ts';
import { IngestThreads } from './clicks/threads/ingest-threads.ts';
import { cacheNotifyingWriter } from './clicks/cache-notifying-writer.ts';
import { ClickWriter } from './clicks/writer.ts';
import type { Config } from './config.ts';
import { descriptorLimit } from './process/descriptors.ts';
import { ExportFolder, exportFilesOf } from './export-jobs/export-folder.ts';
import { ExportJobs } from './export-jobs/export-jobs.ts';
import { FileAddresses } from './export-jobs/file-addresses.ts';
import { StoredJobs } from './export-jobs/stored-jobs.ts';
import { spoolFolderOf } from './export-spool/spool-folder.ts';
import { Spool } from './export-spool/spool.ts';
import { RightOfWay } from './fair-share/right-of-way.ts';
import { createShares } from './fair-share/shares.ts';
import { maxConnections } from './http/server/listen.ts';
import type { Services } from './http/request/services.ts';
import { openOrder } from './http/response/export-kinds.ts';
import { runWork } from './http/response/run-work.ts';
import { KeyStore, hashKey } from './keys/key-store.ts';
import { SignedTexts } from './keys/signed-texts.ts';
import type { Principal } from './keys/scopes.ts';
import { readOrCreateSecret } from './data-dir/secrets.ts';
import { OWN_LEASE } from './schedules/lease.ts';
import { RedisLease } from './schedules/redis-lease.ts';
import { ScheduleRuns } from './schedules/schedule-runs.ts';
import { Scheduler } from './schedules/scheduler.ts';
import { ScheduleStore } from './schedules/schedule-store.ts';
import { webhookSecret } from './schedules/webhook.ts';
import { SegmentStore } from './segments/segment-store.ts';
import { DAY } from './lib/calendar.ts';
import { sha256 } from './lib/sha256.ts';
import type { SharedRedis } from './rate-limit/shared-redis.ts';
import { sql } from './sql/sql.ts';
import { UrlRegistry } from './urls/url-registry.ts';

export const ADMIN: Principal = {
  id: 'admin',
  ownerId: 'admin',
  scopes: ['admin:all'],
  rateLimit: 'standard',
};
/** The principal of the command line, which alone knows the token. A command is not limited. */
const CONTROL: Principal = { ...ADMIN, id: 'control', rateLimit: 'unlimited' };

/** Each has its own caches of user agents and places. */
const MAX_INGEST_THREADS = 4;

/** What `start` has opened. */
type Opened = Pick<Services, 'metrics' | 'log' | 'rateLimits' | 'tracer'> & {
  readonly clickhouse: Pick<OpenClickHouse, 'database' | 'clickTables' | 'shards'>;
  /** Unix milliseconds. */
  readonly now: () => number;
};

/**
 * All that the routes work with, wired by the settings. Nothing is started here.
 * @param token the commands' key to this process
 */
export function composeServices(config: Config, { clickhouse, ...parts }: Opened, token: string): Services {
  const { database, clickTables, shards } = clickhouse;
  // One process at a time has its data directory.
  const isEmbedded = config.clickhouse === undefined;
  const spoolFolder = spoolFolderOf(config, parts.log);
  const exportFiles = exportFilesOf(config, parts.log);
  const heapBytes = getHeapStatistics().heap_size_limit;
  const shares = createShares({
    ...config,
    maxExpensiveQueries: queryLimits(config).expensiveQueries,
    spoolBytes: config.spoolBytes ?? spoolFolder?.defaultBytes ?? 0,
    exportFileBytes: config.exportDiskBytes ?? exportFiles?.defaultBytes ?? 0,
    maxConnections: maxConnections(descriptorLimit()),
    heapBytes,
  });
  parts.metrics.watchShares(shares);
  const { now } = parts;
  const nextVersion = createVersions(now);
  const erasures = new ErasureLog(database, now);
  const idempotency = new IdempotencyLedger(database, nextVersion, isEmbedded);
  const removal = new ClickRemoval(clickTables, {
    note: async (erasure) => {
      await idempotency.flush();
      await erasures.note(erasure);
    },
  });
  const budget = new CacheBudget(config.cacheBytes);
  parts.metrics.watchCaches(() => budget.bytes);
  const cache = new StatsCache({
    database,
    sharding: shards,
    budget,
    count: parts.metrics.countCacheRequest,
  });
  const urls = new UrlRegistry(database, nextVersion, removal, budget, isEmbedded);
  const visitorSecret = visitorSecretOf(config);
  const hashVisitor = visitorHasher(visitorSecret);
  const keptSince = keptSinceOf(config.retentionDays);
  const placeFiles = lazily(() => readPlaceFiles(config));
  const hasNetworks = config.asnDb !== undefined;
  const ingest: IngestContext = {
    writer: cacheNotifyingWriter(new ClickWriter(database, shards), cache),
    urls,
    keptSince,
    ...enrichment({
      hashVisitor,
      placeFiles,
      hasNetworks,
      caches: { userAgents: budget.open('user_agents'), places: budget.open('places') },
    }),
  };
  // The event loop and ClickHouse need a core, too.
  const maxThreads = Math.min(MAX_INGEST_THREADS, Math.max(1, availableParallelism() - 1));
  const rightOfWay = new RightOfWay();
  const ingestThreads = new IngestThreads({
    context: ingest,
    database,
    placeFiles,
    settings: {
      visitorSecret,
      retentionDays: config.retentionDays,
      hasNetworks,
      shortRequests: rightOfWay.shared,
      shards: shards && { cluster: shards.cluster, database: shards.database, slots: shards.slots },
      cacheBytes: budget.bytesOfThreads / maxThreads,
    },
    maxThreads,
    heapBytes,
    onFailure: (error) =>
      parts.log.error({ failure: failureName(error) }, 'a thread that ingests clicks has ended'),
  });
  const imports = new ImportRegistry({
    database,
    shards,
    log: new ImportLog(database, now),
    history: new ImportHistory(database),
    removal,
    urls,
    isAlone: isEmbedded,
    now,
  });
  const fixedKeys = new Map([[hashKey(token), CONTROL]]);
  if (config.adminKey !== undefined) fixedKeys.set(hashKey(config.adminKey), ADMIN);
  const exportJobs = new ExportJobs({
    // Versions of their own, as those of runs: of what was taken over they are ahead of the clock.
    stored: new StoredJobs(database, createVersions(now), now),
    folder: exportFiles && new ExportFolder(exportFiles.path, shares.exportFileBytes),
    destinations: config.exportDestinations,
    slots: shares.exports,
    open: (...order) => openOrder(services, ...order),
    instance: exportFiles?.instance,
    isAlone: isEmbedded,
    keptMs: config.exportDays * DAY,
    // The others are for clients that wait.
    maxRunning: config.maxExports < 4 ? 1 : Math.max(2, Math.floor(config.maxExports / 4)),
    now,
    log: parts.log,
    onEnded: parts.metrics.countExportJob,
  });
  parts.metrics.watchExportJobs(() => exportJobs.open);
  const services: Services = {
    ...parts,
    database,
    sharding: shards,
    urls,
    keys: new KeyStore(database, nextVersion, now, budget, isEmbedded),
    signedTexts: new SignedTexts(visitorSecret),
    segments: new SegmentStore(database, nextVersion),
    exportJobs,
    fileAddresses: new FileAddresses(
      visitorSecret,
      (id) => [...fixedKeys].find(([, principal]) => principal.id === id)?.[0],
    ),
    schedules: new ScheduleStore(database, nextVersion),
    scheduleRuns: new ScheduleRuns(database, createVersions(now)),
    webhookSecretOf: (id) => webhookSecret(visitorSecret, id),
    allowsPrivateWebhooks: config.privateWebhooks === 'allow',
    fixedKeys,
    ingest,
    idempotency,
    ingestThreads,
    rightOfWay,
    importer: new Importer(
      { database, shards, context: ingest },
      ingestThreads,
      isEmbedded ? UNLOCKED : importLock(database),
    ),
    imports,
    followedImports: new FollowedImports(imports, now),
    removal,
    backups: new Backups({
      database,
      dataDir: isEmbedded ? config.dataDir : undefined,
      visitorSecret,
      exclusively: (work) => urls.codeLock.shut(work),
    }),
    hashVisitor,
    keptSince,
    cache,
    timeZones: knownTimeZones(database),
    arrivals: new SharedFrontier(() => arrivalFrontier(database, shards)),
    zones: new ZoneAgreement(
      database,
      shards && ((query) => sql`SELECT * FROM ${onEachShard(shards, query)}`),
    ),
    shares,
    spool: spoolFolder && new Spool(spoolFolder, shares.spoolBytes),
    proxies: config.trustProxy,
    corsOrigins: config.corsOrigins,
    now,
  };
  return services;
}

/** What runs the schedules. @param redis shared by several instances, of which one at a time does */
export function composeScheduler(
  config: Config,
  services: Services,
  redis: SharedRedis | undefined,
): Scheduler {
  const {
    schedules,
    scheduleRuns: runs,
    webhookSecretOf: secretOf,
    allowsPrivateWebhooks,
    shares,
    log,
    now,
  } = services;
  const deployment = sha256(`schedules of ${config.database} ${visitorSecretOf(config)}`).slice(0, 32);
  return new Scheduler({
    schedules,
    runs,
    work: runWork(services),
    lease: redis === undefined ? OWN_LEASE : new RedisLease(redis, `spoor:schedules:${deployment}`),
    share: shares.scheduleRuns,
    secretOf,
    allowsPrivateWebhooks,
    log,
    onEnded: services.metrics.countScheduleRun,
    now,
  });
}

function visitorSecretOf({ visitorSecret, dataDir }: Config): string {
  return visitorSecret ?? readOrCreateSecret(dataDir, 'visitor-secret');
}
