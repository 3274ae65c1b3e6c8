import type { Logger } from 'pino';
import type { StatsCache } from '../../cache/stats-cache.ts';
import type { Backups } from '../../backup/write-backup.ts';
import type { SharedFrontier } from '../../clicks/arrival-frontier.ts';
import type { Importer } from '../../clicks/import/importer.ts';
import type { FollowedImports } from '../../clicks/import/followed-imports.ts';
import type { ImportRegistry } from '../../clicks/import/import-registry.ts';
import type { IdempotencyLedger } from '../../clicks/idempotency.ts';
import type { IngestContext } from '../../clicks/ingest-options.ts';
import type { IngestThreads } from '../../clicks/threads/ingest-threads.ts';
import type { HashVisitor } from '../../clicks/enrich/visitor.ts';
import type { ClickRemoval } from '../../erasure/click-removal.ts';
import type { KeptSince } from '../../clicks/retention.ts';
import type { Database } from '../../clickhouse/database.ts';
import type { ZoneAgreement } from '../../clickhouse/zone-agreement.ts';
import type { FileAddresses } from '../../export-jobs/file-addresses.ts';
import type { ExportJobs } from '../../export-jobs/export-jobs.ts';
import type { Spool } from '../../export-spool/spool.ts';
import type { RightOfWay } from '../../fair-share/right-of-way.ts';
import type { Shares } from '../../fair-share/shares.ts';
import type { KeyStore } from '../../keys/key-store.ts';
import type { SignedTexts } from '../../keys/signed-texts.ts';
import type { Principal } from '../../keys/scopes.ts';
import type { RateLimitWindows } from '../../rate-limit/rate-limit-windows.ts';
import type { Metrics } from '../../telemetry/prometheus.ts';
import type { ScheduleRuns } from '../../schedules/schedule-runs.ts';
import type { ScheduleStore } from '../../schedules/schedule-store.ts';
import type { SegmentStore } from '../../segments/segment-store.ts';
import type { RequestTracer } from '../../telemetry/request-tracer.ts';
import type { Sharding } from '../../stats/sql/click-source.ts';
import type { UrlRegistry } from '../../urls/url-registry.ts';

/** What the routes work with. The composition root makes it; nothing here starts or stops anything. */
export interface Services {
  readonly database: Database;
  /** How the clicks are sharded; undefined: they are all in one table. */
  readonly sharding: Sharding | undefined;
  /** Until when all clicks have arrived. */
  readonly arrivals: SharedFrontier;
  readonly urls: UrlRegistry;
  readonly segments: SegmentStore;
  readonly exportJobs: ExportJobs;
  /** Signs addresses of files, which then need no key. */
  readonly fileAddresses: FileAddresses;
  readonly schedules: ScheduleStore;
  readonly scheduleRuns: ScheduleRuns;
  /** What the calls of a schedule's webhook are signed with. */
  readonly webhookSecretOf: (scheduleId: string) => string;
  /** Whether webhooks may be called that are not on the public internet. */
  readonly allowsPrivateWebhooks: boolean;
  readonly keys: KeyStore;
  /** What clients are given to bring back, such as cursors. */
  readonly signedTexts: SignedTexts;
  /** Principals that are no stored keys: the administrator's key from the environment, the control token. */
  readonly fixedKeys: ReadonlyMap<string, Principal>;
  readonly ingest: IngestContext;
  /** Ingest what is large. */
  readonly ingestThreads: IngestThreads;
  /** What the ingest threads give way to: every request, while it is short. */
  readonly rightOfWay: RightOfWay;
  readonly idempotency: IdempotencyLedger;
  readonly importer: Importer;
  readonly imports: ImportRegistry;
  readonly followedImports: FollowedImports;
  readonly removal: ClickRemoval;
  readonly backups: Backups;
  readonly cache: StatsCache;
  readonly hashVisitor: HashVisitor;
  readonly keptSince: KeptSince;
  /** The time zones that ClickHouse lists. */
  readonly timeZones: () => Promise<ReadonlySet<string>>;
  /** Where its time zones are Node's. */
  readonly zones: Pick<ZoneAgreement, 'agree'>;
  readonly shares: Shares;
  /** undefined: the query of an export waits for its reader. */
  readonly spool: Spool | undefined;
  /** undefined: nothing is limited. */
  readonly rateLimits: RateLimitWindows | undefined;
  /** The number of proxies in front of the server. */
  readonly proxies: number;
  /** Origins whose pages may read the API from a browser. */
  readonly corsOrigins: readonly string[];
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Gives requests their spans; undefined: none are exported. */
  readonly tracer: RequestTracer | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
}
