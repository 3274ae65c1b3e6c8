import type { ClickHouseServer } from '../config.ts';
import { authorizationOf } from '../clickhouse/engine-process.ts';
import { VIEW } from './clicks-view.ts';

/** A query that an SQL user must be refused, and what is wrong where it is not. */
interface Probe {
  readonly query: string;
  readonly fault: string;
}

const PROBE_MS = 5_000;

const SYSTEM_TABLES = ['query_log', 'processes', 'parts', 'users'];

function probesOf(database: string): readonly Probe[] {
  return [
    {
      query: `SELECT 1 FROM ${database}.clicks LIMIT 0`,
      fault: 'ClickHouse lets every user read all clicks: take back what it grants to new users.',
    },
    ...SYSTEM_TABLES.map((table) => ({
      query: `SELECT 1 FROM system.${table} LIMIT 0`,
      fault: `ClickHouse lets every user read system.${table}: set select_from_system_db_requires_grant to true under access_control_improvements in its configuration.`,
    })),
  ];
}

/**
 * Says what an SQL user sees beside its view, or that it does not see that; undefined where all is right. What every user of a server may do
 * depends on the server's configuration, so it is tried.
 */
export async function exposureOf(login: ClickHouseServer, database: string): Promise<string | undefined> {
  try {
    const view = `SELECT 1 FROM ${login.user}.${VIEW} LIMIT 0`;
    if (!(await isAnswered(login, view))) return 'The new user cannot read its view in ClickHouse.';
    for (const { query, fault } of probesOf(database)) if (await isAnswered(login, query)) return fault;
    return undefined;
  } catch {
    return 'ClickHouse does not respond to the new user.';
  }
}

/** Asked without any setting: the user may change few. */
async function isAnswered(login: ClickHouseServer, query: string): Promise<boolean> {
  const response = await fetch(login.url, {
    method: 'POST',
    body: query,
    headers: { authorization: authorizationOf(login) },
    signal: AbortSignal.timeout(PROBE_MS),
  });
  await response.arrayBuffer();
  return response.ok;
}
