import { ClickHouseError } from '@clickhouse/client';
import type { Config } from '../config.ts';
import { DataDirError, explainFileError } from '../data-dir/data-dir.ts';
import { AppError } from '../errors.ts';
import { failureName } from './failures.ts';

/** How ClickHouse says that there is no room for what it was to write. */
const NO_ROOM = /NOT_ENOUGH_SPACE|No space left|Disk quota/;

/** Turns a failure of the start into a sentence that names the setting to check; an error that is such a sentence stays as it is. */
export function explainStartFailure(error: unknown, { dataDir, clickhouse }: Config): unknown {
  const cause = error instanceof AppError && error.cause !== undefined ? error.cause : error;
  if (!(cause instanceof ClickHouseError || error instanceof AppError)) {
    return explainFileError(error, dataDir);
  }
  const { message: details } = cause instanceof Error ? cause : { message: '' };
  const failure = [failureName(cause), /necessary to have (the grant .+?)(?:\. |$)/.exec(details)?.[1]];
  const sentence =
    error instanceof AppError ? error.message : 'ClickHouse refused a statement that the start needs.';
  const what = `${sentence.replace(/\.$/, '')} (${failure.filter(Boolean).join(', ')})`;
  if (clickhouse !== undefined) {
    return new Error(`${what}: check CLICKHOUSE_URL, CLICKHOUSE_DATABASE, CLICKHOUSE_USER and its grants.`, {
      cause,
    });
  }
  return NO_ROOM.test(`${failureName(cause)} ${details}`)
    ? new DataDirError(`SPOOR_DATA_DIR: the disk of ${dataDir} is full.`, { cause })
    : new DataDirError(`SPOOR_DATA_DIR: ${what}; see clickhouse.log in ${dataDir}.`, { cause });
}
