import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../clickhouse/database.ts';
import { param, sql } from '../sql/sql.ts';

/** A BACKUP or RESTORE of ClickHouse failed. */
export class ArchiveError extends Error {
  /** ClickHouse's name of the error, such as `NOT_ENOUGH_SPACE`. */
  readonly reason: string;

  constructor(reason: string) {
    super(`ClickHouse could not write or read the archive: ${reason}.`);
    this.reason = reason;
  }
}

/** The name of the database inside every archive. */
const NAME_INSIDE = 'spoor';

/** The name of a database being restored, until it is known to be complete. */
export function stagedName({ name }: Database): string {
  return `${name}_restored`;
}

const POLL_MS = 50;

/**
 * Writes a database into an archive.
 * @param archive a file name in the archive folder
 * @throws ArchiveError; the archive does not exist then
 */
export async function writeArchive(
  server: Database,
  database: string,
  archive: string,
  signal: AbortSignal,
): Promise<void> {
  await run(server, `BACKUP DATABASE ${database} AS ${NAME_INSIDE} TO File('${archive}')`, signal);
}

/** Creates a database from an archive. @throws ArchiveError when the archive is incomplete */
export async function readArchive(server: Database, archive: string, database: string): Promise<void> {
  await run(server, `RESTORE DATABASE ${NAME_INSIDE} AS ${database} FROM File('${archive}')`);
}

/** Runs a statement that may take hours: it runs asynchronously, and its status is polled. */
async function run(server: Database, statement: string, signal?: AbortSignal): Promise<void> {
  const id = randomUUID();
  await server.commandText(`${statement} SETTINGS id = '${id}' ASYNC`);
  const mine = sql`FROM system.backups WHERE id = ${param('String', id)}`;
  let isKilled = false;
  for (;;) {
    const [row] = await server.rows<[string, string]>(sql`SELECT status, error ${mine}`);
    const [status, error] = row ?? ['GONE', ''];
    if (status === 'BACKUP_CREATED' || status === 'RESTORED') return;
    if (!/^(CREATING_BACKUP|RESTORING)$/.test(status)) {
      throw new ArchiveError(/\(([A-Z_]+)\)/.exec(error)?.[1] ?? status);
    }
    if (signal?.aborted && !isKilled) {
      isKilled = true;
      await server.command(sql`KILL QUERY WHERE query_id IN (SELECT query_id ${mine}) ASYNC FORMAT Null`);
    }
    await delay(POLL_MS);
  }
}
