import type { Database } from '../../src/clickhouse/database.ts';

/**
 * With the length of their names far more than the buffers between ClickHouse and a client can hold, in any format: an export of
 * them waits for its reader.
 */
export const WIDE_GROUPS = 120_000;

/** The query string of an export of those clicks, without its format. */
export const WIDE_RANGE = 'owner_id=big&start_date=2025-01-01&end_date=2025-01-02';

/** The same of an export by city. */
export const WIDE_EXPORT = `${WIDE_RANGE}&group_by=city`;

/** Stores clicks of as many cities, with names that no compression makes shorter. */
export async function storeWideClicks(database: Database): Promise<void> {
  await database.commandText(
    `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer)
    SELECT 'big', 'big', toDateTime64('2025-01-01 12:00:00', 3, 'UTC'), number, 'Chrome', 'Linux', 'DE',
      concat(base64Encode(randomString(96)), ' number ', toString(number)), 'Direct' FROM numbers(${WIDE_GROUPS})`,
  );
}
