import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { EMPTY, type Sql, join, param, sql } from '../sql/sql.ts';
import { type ExportJob, type ExportOrder, JOB_STATES, type PendingUpload } from './export-job.ts';

const COLUMNS = [
  'id',
  'owner_id',
  'export_order',
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
    const [found] = await this.#select(sql`id = ${param('String', id)}`, 1);
    return found;
  }

  /** What a job is to be replaced of: that of a deleted one too. */
  async latest(id: string): Promise<Pick<ExportJob, 'version' | 'upload'> | undefined> {
    const [found] = await this.#select(sql`id = ${param('String', id)}`, 1, { withDeleted: true });
    return found;
  }

  /** The newest first. */
  async list({ ownerId, before, limit }: JobListing): Promise<readonly ExportJob[]> {
    const conditions = [
      sql`expires_at > ${this.#instant(this.#now() - SHOWN_MS)}`,
      ...(ownerId === undefined ? [] : [sql`owner_id = ${param('String', ownerId)}`]),
      ...(before === undefined ? [] : [sql`id < ${param('String', before)}`]),
    ];
    return this.#select(join(conditions, ' AND '), limit);
  }

  /** Those of an instance that have not expired. */
  async ofInstance(instance: string): Promise<readonly ExportJob[]> {
    const own = sql`instance = ${param('String', instance)}`;
    return this.#select(sql`${own} AND expires_at > ${this.#instant(this.#now())}`, undefined);
  }

  #instant(ms: number): Sql {
    return sql`fromUnixTimestamp64Milli(${param('Int64', ms)}, 'UTC')`;
  }

  async #select(
    condition: Sql,
    limit: number | undefined,
    { withDeleted = false } = {},
  ): Promise<readonly ExportJob[]> {
    const rows = await this.#database.rows<Row>(
      sql`
      SELECT id, owner_id, export_order, instance, state, error, file_name, content_type, upload, rows, bytes, attempts,
        toUnixTimestamp64Milli(created_at), toUnixTimestamp64Milli(finished_at), toUnixTimestamp64Milli(expires_at), version
      FROM export_jobs FINAL
      WHERE ${withDeleted ? EMPTY : sql`NOT is_deleted AND `}${condition}
      ORDER BY id DESC${limit === undefined ? EMPTY : sql` LIMIT ${param('UInt32', limit)}`}`,
      LOOK_UP,
    );
    return rows.map(jobOf);
  }
}

function jobOf([
  id,
  ownerId,
  order,
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
]: Row): ExportJob {
  const parsed: ExportOrder = JSON.parse(order);
  const pending: PendingUpload | null = upload === '' ? null : JSON.parse(upload);
  return {
    id,
    ownerId,
    order: parsed,
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
