import { types } from 'node:util';
import { ClickHouseError } from '@clickhouse/client';
import { AppError, unavailable } from '../errors.ts';

/** ClickHouse's error names that mean: too busy or out of room, so try again later. */
const BUSY = new Set([
  'MEMORY_LIMIT_EXCEEDED',
  // Of a workload that an administrator has given such a bound.
  'RESOURCE_LIMIT_EXCEEDED',
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'NOT_ENOUGH_SPACE',
  'TOO_MANY_PARTS',
  'CANNOT_SCHEDULE_TASK',
  'CANNOT_ALLOCATE_MEMORY',
  'SERVER_OVERLOADED',
  'READONLY',
  'NO_FREE_CONNECTION',
  // Replicas: too few of them are there, or an earlier write waits for one.
  'TOO_FEW_LIVE_REPLICAS',
  'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE',
  'UNKNOWN_STATUS_OF_INSERT',
  'REPLICA_IS_NOT_IN_QUORUM',
  'KEEPER_EXCEPTION',
  'NO_ZOOKEEPER',
  'TABLE_IS_READ_ONLY',
  // A removal that an unreachable replica has yet to make.
  'UNFINISHED',
  'QUERY_WAS_CANCELLED',
  'ABORTED',
  // Disk full and other failures of the file system.
  'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
  'CANNOT_FSYNC',
  'CANNOT_OPEN_FILE',
  'ERRNO_EXCEPTION',
  'STD_EXCEPTION',
]);

/** A node that is needed is unreachable, or became so in the middle of a query. */
const UNREACHABLE = new Set([
  'ALL_CONNECTION_TRIES_FAILED',
  'NETWORK_ERROR',
  'SOCKET_TIMEOUT',
  'ATTEMPT_TO_READ_AFTER_EOF',
  'CANNOT_READ_FROM_SOCKET',
  'CANNOT_WRITE_TO_SOCKET',
  'UNEXPECTED_PACKET_FROM_SERVER',
]);

/** That the query's own bound was reached, however little the others take: the same query never succeeds. */
const QUERY_LIMIT = /Query memory limit exceeded|\(for query\)/i;

/** Whether a query has reached the bound of its own memory. */
export function isOverItsMemory(error: unknown): boolean {
  if (error instanceof AppError) return isOverItsMemory(error.cause);
  if (!(error instanceof ClickHouseError)) return false;
  return error.type === 'MEMORY_LIMIT_EXCEEDED' && QUERY_LIMIT.test(error.message);
}

/** Which of some regular expressions ClickHouse could not compile, and why; undefined for any other failure. */
export function refusedPattern(
  error: unknown,
  patterns: readonly string[],
): { readonly pattern: string; readonly reason: string } | undefined {
  if (!(error instanceof ClickHouseError) || error.type !== 'CANNOT_COMPILE_REGEXP') return undefined;
  for (const pattern of patterns) {
    const [, after] = error.message.split(`cannot compile re2: ${pattern}, error: `, 2);
    const reason = after?.split('. Look at https://')[0];
    if (reason !== undefined) return { pattern, reason };
  }
  return undefined;
}

/**
 * What a failure of ClickHouse means to a client: 504 for a query over its time or its memory, 503 for a server that is unreachable or
 * full, the error itself (so 500) for anything that is a fault of ours.
 */
export function fromClickHouse(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof ClickHouseError) {
    const name = error.type ?? '';
    if (name === 'TIMEOUT_EXCEEDED' || name === 'TOO_SLOW') {
      return new AppError(
        'query_timeout',
        'The query took too long: narrow the range or ask for fewer dimensions.',
        {
          cause: error,
        },
      );
    }
    if (isOverItsMemory(error)) {
      return new AppError(
        'query_timeout',
        'The query needs more memory than one may take: narrow the range, or ask for fewer dimensions or rows (limit).',
        { cause: error },
      );
    }
    if (UNREACHABLE.has(name)) return unavailable('A node of ClickHouse is unreachable.', error);
    return BUSY.has(name) ? unavailable('ClickHouse is too busy or full.', error) : error;
  }
  if (isConnectionFailure(error)) return unavailable('ClickHouse is unreachable.', error);
  return error;
}

function isConnectionFailure(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR|ERR_STREAM_PREMATURE_CLOSE)/.test(
      code,
    ) || /socket hang up|timeout error|closed/i.test(error.message)
  );
}

/** The class of a failure, fit for a log: a name without SQL, values or paths. */
export function failureName(error: unknown): string {
  if (error instanceof ClickHouseError) return `ClickHouse ${error.code} ${error.type ?? ''}`.trim();
  if (error instanceof AppError && error.cause !== undefined)
    return `${error.code}: ${failureName(error.cause)}`;
  if (error instanceof Error) return 'code' in error ? `${error.name} ${String(error.code)}` : error.name;
  return typeof error;
}
