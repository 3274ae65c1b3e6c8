import type { ClickHouseServer } from '../config.ts';
import { authorizationOf } from './engine-process.ts';

/** The oldest ClickHouse that Spoor has been tried with; `docs/api.md` names the same. */
export const OLDEST_SERVED = '26.7';

const VERSION_MS = 1_500;

/**
 * The version of a server, such as `26.7.3.1`; undefined when it does not answer this user in time. It is asked without
 * any setting or format: an old server refuses a request that has one it does not know.
 */
export async function versionOf(server: ClickHouseServer): Promise<string | undefined> {
  try {
    const url = new URL(server.url);
    url.searchParams.set('query', 'SELECT version()');
    const response = await fetch(url, {
      headers: { authorization: authorizationOf(server) },
      signal: AbortSignal.timeout(VERSION_MS),
    });
    const text = await response.text();
    return response.ok ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error that names the version found and the oldest one served, when the server is older than that */
export function refuseOldServer({ url }: ClickHouseServer, version: string): void {
  if (!isOlder(version, OLDEST_SERVED)) return;
  throw new Error(
    `CLICKHOUSE_URL: the ClickHouse at ${url} is version ${version}; the oldest served is ${OLDEST_SERVED}.`,
  );
}

/** Whether one version, such as `25.12.1.1579-stable`, comes before another; only the numbers that both have count. */
export function isOlder(version: string, than: string): boolean {
  const [numbers, others] = [numbersOf(version), numbersOf(than)];
  const place = numbers.findIndex((number, index) => index < others.length && number !== others[index]);
  return place !== -1 && (numbers[place] ?? 0) < (others[place] ?? 0);
}

function numbersOf(version: string): readonly number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').filter(Boolean).map(Number);
}
