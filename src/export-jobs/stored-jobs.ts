import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { type Sql, join, param, sql } from '../sql/sql.ts';
import {
  type ExportJob,
  type ExportOrder,
  JOB_STATES,
  LISTED_FIELDS,
  type ListedJob,
  type ListedOrder,
  type PendingUpload,
} from './export-job.ts';

const COLUMNS = [
  'id',
  'owner_id',
  'export_order',
  'listed_order',
  'instance',
  'state',
  'error',
  'file_name',
  'content_type',
  'upload',
  'rows',
  'bytes',
  'attempts',
  'created_at',
  'finished_at',
  'expires_at',
  'is_deleted',
  'version',
];

type Row = readonly [
  id: string,
  ownerId: string,
  order: string,
  instance: string,
  state: string,
  error: string,
  fileName: string,
  contentType: string,
  upload: string,
  rows: number | null,
  bytes: number,
  attempts: number,
  createdAt: number,
  finishedAt: number | null,
  expiresAt: number,
  version: number,
];

/** How long jobs are shown that have expired, milliseconds; the table keeps them for twice as long. */
const SHOWN_MS = 30 * 86_400_000;

export interface JobListing {
  /** undefined: those of every owner. */
  readonly ownerId: string | undefined;
  /** Only those created before this one. */
  readonly before: string | undefined;
  readonly limit: number;
}

/** The table of export jobs. */
export class StoredJobs {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  readonly #now: () => number;

  constructor(database: Database, nextVersion: NextVersion, now: () => number) {
    this.#database = database;
    this.#nextVersion = nextVersion;
    this.#now = now;
  }

  /** Replaces what is stored of a job. @returns the job with its new version @throws AppError `unavailable` */
  async write(job: ExportJob, isDeleted = false): Promise<ExportJob> {
    const version = this.#nextVersion(job.version);
    const row = [
      job.id,
      job.ownerId,
      JSON.stringify(job.order),
      JSON.stringify(job.order, [...LISTED_FIELDS]),
      job.instance,
      job.state,
      job.error ?? '',
      job.fileName ?? '',
      job.contentType ?? '',
      job.upload === null ? '' : JSON.stringify(job.upload),
      job.rows,
      job.bytes,
      job.attempts,
      job.createdAt,
      job.finishedAt,
      job.expiresAt,
      isDeleted,
      version,
    ];
    await this.#database.insert('export_jobs', COLUMNS, [JSON.stringify(row)]);
    return { ...job, version };
  }

  async find(id: string): Promise<ExportJob | undefined> {
    const [found] = await this.#wholeJobs(sql`NOT is_deleted AND id = ${param('String', id)}`);
    return found;
  }

  /** What a job is to be replaced of: that of a deleted one too. */
  async latest(id: string): Promise<Pick<ExportJob, 'version' | 'upload'> | undefined> {
    const [found] = await this.#listedJobs(sql`id = ${param('String', id)}`);
    return found;
  }

  /** The newest first. */
  async list({ ownerId, before, limit }: JobListing): Promise<readonly ListedJob[]> {
    const conditions = [
      sql`NOT is_deleted`,
      sql`expires_at > ${this.#instant(this.#now() - SHOWN_MS)}`,
      ...(ownerId === undefined ? [] : [sql`owner_id = ${param('String', ownerId)}`]),
      ...(before === undefined ? [] : [sql`id < ${param('String', before)}`]),
    ];
    return this.#listedJobs(
      sql`${join(conditions, ' AND ')} ORDER BY id DESC LIMIT ${param('UInt32', limit)}`,
    );
  }

  /** Those of an instance that have not expired. */
  async ofInstance(instance: string): Promise<readonly ListedJob[]> {
    return this.#listedJobs(this.#ofInstance(instance));
  }

  /** Those of them that have not ended, the oldest first. */
  async openOfInstance(instance: string): Promise<readonly ExportJob[]> {
    return this.#wholeJobs(sql`${this.#ofInstance(instance)} AND state IN ('queued', 'running') ORDER BY id`);
  }

  #ofInstance(instance: string): Sql {
    const own = sql`NOT is_deleted AND instance = ${param('String', instance)}`;
    return sql`${own} AND expires_at > ${this.#instant(this.#now())}`;
  }

  #instant(ms: number): Sql {
    return sql`fromUnixTimestamp64Milli(${param('Int64', ms)}, 'UTC')`;
  }

  async #wholeJobs(condition: Sql): Promise<readonly ExportJob[]> {
    return (await this.#rows(sql`export_order`, condition)).map((row) => {
      const order: ExportOrder = JSON.parse(row[2]);
      return { ...jobOf(row), order };
    });
  }

  async #listedJobs(condition: Sql): Promise<readonly ListedJob[]> {
    return (await this.#rows(sql`listed_order`, condition)).map((row) => {
      const order: ListedOrder = JSON.parse(row[2]);
      return { ...jobOf(row), order };
    });
  }

  async #rows(order: Sql, condition: Sql): Promise<readonly Row[]> {
    return this.#database.rows<Row>(
      sql`
      SELECT id, owner_id, ${order}, instance, state, error, file_name, content_type, upload, rows, bytes, attempts,
        toUnixTimestamp64Milli(created_at), toUnixTimestamp64Milli(finished_at), toUnixTimestamp64Milli(expires_at), version
      FROM export_jobs FINAL
      WHERE ${condition}`,
      LOOK_UP,
    );
  }
}

function jobOf([
  id,
  ownerId,
  ,
  instance,
  state,
  error,
  fileName,
  contentType,
  upload,
  rows,
  bytes,
  attempts,
  createdAt,
  finishedAt,
  expiresAt,
  version,
]: Row): Omit<ExportJob, 'order'> {
  const pending: PendingUpload | null = upload === '' ? null : JSON.parse(upload);
  return {
    id,
    ownerId,
    instance,
    state: JOB_STATES.find((known) => known === state) ?? 'failed',
    error: error === '' ? null : error,
    fileName: fileName === '' ? null : fileName,
    contentType: contentType === '' ? null : contentType,
    upload: pending,
    rows,
    bytes,
    attempts,
    createdAt,
    finishedAt,
    expiresAt,
    version,
  };
}
