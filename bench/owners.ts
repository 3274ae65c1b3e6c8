import type { ClickTable } from '../src/clickhouse/cluster.ts';
import { param, sql } from '../src/sql/sql.ts';
import type { Bench } from './harness.ts';

/** Owners with a known number of visitors, in addition to the sample clicks. */
export const OWNERS = {
  /** Most of its visitors come once. */
  fresh: { clicks: 2_000_000, visitors: 1_700_000 },
  /** Each of its visitors comes ten times. */
  returning: { clicks: 2_000_000, visitors: 200_000 },
  /** Each of its visitors comes once. */
  distinct: { clicks: 2_000_000, visitors: 2_000_000 },
} as const;

export type OwnerName = keyof typeof OWNERS;

/**
 * Inserts an owner's clicks, unless they exist.
 * @param tables the tables that store the clicks, one for each shard
 */
export async function ensureOwner(
  { database, end }: Bench,
  name: OwnerName,
  tables: readonly Pick<ClickTable, 'database' | 'table'>[] = [{ database, table: 'clicks' }],
): Promise<void> {
  const [row] = await database.rows<[number]>(
    sql`SELECT count() FROM clicks WHERE owner_id = ${param('String', name)}`,
  );
  if (row?.[0] !== 0) return;
  const { clicks, visitors } = OWNERS[name];
  await database.command(
    sql`INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer,
      is_bot, redirect_ms, click_id, ingest_id)
    WITH cityHash64(number) AS click, cityHash64(${param('String', name)}, number % ${param('UInt64', visitors)}) AS person,
      -- The first links have most of the clicks; so have the first browsers, places and referrers.
      toUInt32(1000 * pow(click / 18446744073709551616., 3)) AS link,
      toUInt8(22 * pow(intHash64(person) / 18446744073709551616., 2)) AS place,
      toUInt8(14 * pow(cityHash64(person) / 18446744073709551616., 2)) AS agent
    SELECT ${param('String', name)}, concat('link ', toString(link)),
      fromUnixTimestamp64Milli(${param('Int64', end)} - toInt64(intHash64(click) % (28 * 86400000)), 'UTC'), person,
      concat('Browser ', toString(agent % 6)), concat('System ', toString(agent)), concat('C', toString(place % 16)),
      concat('City ', toString(place)), concat('https://site-', toString(toUInt8(10 * pow(sipHash64(click) / 18446744073709551616., 2))), '.example'),
      person % 25 = 0, click % 1000 / 10, '', 0
    FROM numbers_mt(${param('UInt64', clicks)})`,
    LARGE_BLOCKS,
  );
  for (const one of tables) await mergeParts(one);
}

/** Month by month: a statement may not take longer than a minute. */
async function mergeParts({ database, table }: Pick<ClickTable, 'database' | 'table'>): Promise<void> {
  const months = await database.rows<[string]>(
    sql`SELECT DISTINCT partition FROM system.parts
      WHERE database = currentDatabase() AND table = ${param('String', table)} AND active`,
  );
  for (const [month] of months)
    await database.commandText(`OPTIMIZE TABLE ${table} PARTITION ${month} FINAL`);
}

/** Adds clicks of other owners, sorted before and after the measured ones. */
export async function addOthers({ database, end }: Bench, clicks: number): Promise<void> {
  await database.command(
    sql`INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer,
      is_bot, redirect_ms, click_id, ingest_id)
    SELECT if(number % 2 = 0, 'another', 'somebody'), toString(intDiv(number, 4096)),
      fromUnixTimestamp64Milli(${param('Int64', end)} - toInt64(number % 40000 * 60000), 'UTC'), intHash64(number),
      'Chrome', 'Windows', 'DE', 'Berlin', 'Direct', false, number % 100, '', 0
    FROM numbers_mt(${param('UInt64', clicks)})`,
    LARGE_BLOCKS,
  );
  // Otherwise running or pending merges would distort the measurement.
  await mergeParts({ database, table: 'clicks' });
}

/** Few large parts, as after merges. */
const LARGE_BLOCKS = {
  max_block_size: '1000000',
  min_insert_block_size_rows: '4000000',
  min_insert_block_size_bytes: '0',
};
