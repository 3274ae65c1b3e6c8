import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { type Sql, join, param, sql } from '../sql/sql.ts';
import {
  type ExportJob,
  type ExportOrder,
  JOB_STATES,
  type ListedOrder,
  listedOrder,
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
  isDeleted: boolean,
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

interface WriteOptions {
  readonly order?: ExportOrder | ListedOrder;
  readonly isDeleted?: boolean;
}

/** An upload that has to be aborted: its job has ended or is deleted. */
export interface LeftUpload {
  readonly job: ExportJob;
  readonly isDeleted: boolean;
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

  /**
   * Replaces what is stored of a job.
   * @param order all of it, as long as the job may have to be carried out
   * @returns the job with its new version
   * @throws AppError `unavailable`
   */
  async write(
    job: ExportJob,
    { order = job.order, isDeleted = false }: WriteOptions = {},
  ): Promise<ExportJob> {
    const version = this.#nextVersion(job.version);
    const row = [
      job.id,
      job.ownerId,
      JSON.stringify(order),
      JSON.stringify(listedOrder(job.order)),
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
    const [found] = await this.#select(sql`NOT is_deleted AND id = ${param('String', id)}`);
    return found;
  }

  /** What a job is to carry out; undefined where it is deleted, or another instance has taken it over. */
  async orderOf({ id, instance }: Pick<ExportJob, 'id' | 'instance'>): Promise<ExportOrder | undefined> {
    const [row] = await this.#database.rows<[string]>(
      sql`
      SELECT export_order FROM export_jobs FINAL
      WHERE NOT is_deleted AND id = ${param('String', id)} AND instance = ${param('String', instance)}`,
      LOOK_UP,
    );
    return row && JSON.parse(row[0]);
  }

  /** What a new version of a job replaces, also of a deleted job. */
  async latest(id: string): Promise<Pick<ExportJob, 'version' | 'upload' | 'instance'> | undefined> {
    const [found] = await this.#select(sql`id = ${param('String', id)}`);
    return found;
  }

  /** The newest first. */
  async list({ ownerId, before, limit }: JobListing): Promise<readonly ExportJob[]> {
    const conditions = [
      sql`NOT is_deleted`,
      sql`expires_at > ${this.#instant(this.#now() - SHOWN_MS)}`,
      ...(ownerId === undefined ? [] : [sql`owner_id = ${param('String', ownerId)}`]),
      ...(before === undefined ? [] : [sql`id < ${param('String', before)}`]),
    ];
    return this.#select(sql`${join(conditions, ' AND ')} ORDER BY id DESC LIMIT ${param('UInt32', limit)}`);
  }

  /** Those of an instance that have not expired. */
  async ofInstance(instance: string): Promise<readonly ExportJob[]> {
    return this.#select(this.#ofInstance(instance));
  }

  /** Those of them that have not ended, the oldest first. */
  async openOfInstance(instance: string): Promise<readonly ExportJob[]> {
    return this.#select(sql`${this.#ofInstance(instance)} AND state IN ('queued', 'running') ORDER BY id`);
  }

  /** Uploads that no attempt at a job of this instance comes to abort. */
  async leftUploads(instance: string): Promise<readonly LeftUpload[]> {
    const rows = await this.#rows(sql`
      instance = ${param('String', instance)} AND upload != '' AND (is_deleted OR state IN ('done', 'failed'))
      ORDER BY id`);
    return rows.map((row) => ({ job: jobOf(row), isDeleted: row[16] }));
  }

  #ofInstance(instance: string): Sql {
    const own = sql`NOT is_deleted AND instance = ${param('String', instance)}`;
    return sql`${own} AND expires_at > ${this.#instant(this.#now())}`;
  }

  #instant(ms: number): Sql {
    return sql`fromUnixTimestamp64Milli(${param('Int64', ms)}, 'UTC')`;
  }

  async #select(condition: Sql): Promise<readonly ExportJob[]> {
    return (await this.#rows(condition)).map(jobOf);
  }

  async #rows(condition: Sql): Promise<readonly Row[]> {
    return this.#database.rows<Row>(
      sql`
      SELECT id, owner_id, listed_order, instance, state, error, file_name, content_type, upload, rows, bytes, attempts,
        toUnixTimestamp64Milli(created_at), toUnixTimestamp64Milli(finished_at), toUnixTimestamp64Milli(expires_at), version,
        is_deleted
      FROM export_jobs FINAL
      WHERE ${condition}`,
      LOOK_UP,
    );
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
  const listed: ListedOrder = JSON.parse(order);
  const pending: PendingUpload | null = upload === '' ? null : JSON.parse(upload);
  return {
    id,
    ownerId,
    order: listed,
    instance,
    state: JOB_STATES.find((known) => known === state) ?? 'failed',
    error: error === '' ? null : error,
    fileName: fileName === '' ? null : fileName,
    contentType: contentType === '' ? null : contentType,
    upload: pending,
    rows,
    bytes,
    progress: null,
    attempts,
    createdAt,
    finishedAt,
    expiresAt,
    version,
  };
}
