import type { Database } from '../../clickhouse/database.ts';
import type { QueryOptions } from '../../clickhouse/query-options.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { type Sql, param, sql } from '../../sql/sql.ts';
import { SIPHASH_PADDING, sipHash24 } from '../enrich/siphash.ts';
import type { ClickRow } from '../fields.ts';
import type { PlacedRow } from '../insert-rows.ts';

/** What makes two clicks the same. */
type Identity = Pick<ClickRow, 'visitor' | 'clicked_at' | 'short_code' | 'click_id' | 'referrer'>;

/** As ClickHouse's `sipHash64` of one text. */
const ZERO_KEY = new DataView(new ArrayBuffer(16));

/** Enough for the longest fields: a character takes at most three bytes. */
const MESSAGE_BYTES = 16_384;
const BYTES_PER_CHARACTER = 3;

let bytes = Buffer.alloc(MESSAGE_BYTES);
let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * 64 bits of all that makes two clicks the same, of which each part but the time is a hash, or hashed. `KEY` is the same in
 * SQL.
 */
export function keyOf({
  visitor,
  clicked_at: time,
  short_code: code,
  click_id: id,
  referrer,
}: Identity): bigint {
  // No field has this character.
  const text = `${code}\0${id}\0${referrer}`;
  const room = text.length * BYTES_PER_CHARACTER + SIPHASH_PADDING;
  if (room > bytes.length) {
    bytes = Buffer.alloc(room);
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return BigInt.asUintN(64, sipHash24(ZERO_KEY, view, bytes.write(text)) + visitor + BigInt(time));
}

const KEY = sql`sipHash64(concat(short_code, '\\0', click_id, '\\0', referrer)) + visitor
  + toUInt64(toUnixTimestamp64Milli(clicked_at))`;

/** It may read all clicks of the same URLs and time. */
const LOOK_UP: QueryOptions = { workload: 'intake', maxSeconds: 60 };

/**
 * How many clicks equal to each of some rows are stored.
 * @param keyOfRow the key of one of them, which was worked out before
 * @returns by key; none where it is not there
 */
export async function countStored(
  database: Database,
  rows: readonly PlacedRow[],
  keyOfRow: (placed: PlacedRow) => bigint,
): Promise<Map<bigint, number>> {
  if (rows.length === 0) return new Map();
  const range = rangeOf(rows);
  // A file's new lines lie behind what is stored: of most, the key need not be sent, which is what takes time.
  const [bounds] = await database.rows<[number, number, number]>(
    sql`SELECT count(), toUnixTimestamp64Milli(min(clicked_at)), toUnixTimestamp64Milli(max(clicked_at))
    FROM clicks WHERE ${range}`,
    LOOK_UP,
  );
  const [count = 0, first = 0, last = 0] = bounds ?? [];
  if (count === 0) return new Map();
  const within = rows.filter(({ row }) => row.clicked_at >= first && row.clicked_at <= last);
  // All that is stored may lie in a gap between them.
  if (within.length === 0) return new Map();
  const wanted = param('Array(String)', await keyTexts(within, keyOfRow));
  const found = await database.rows<[string, number]>(
    // A set of a subquery is made once; that of an array's function is made anew for every block of rows.
    sql`
    SELECT toString((${KEY}) AS key), count() FROM clicks
    WHERE ${rangeOf(within)} AND key IN (SELECT toUInt64(arrayJoin(splitByChar(',', arrayJoin(${wanted})))))
    GROUP BY key`,
    LOOK_UP,
  );
  const counts = new Map<bigint, number>();
  const yieldIfDue = timeSlices(KEYS_A_LOOK);
  for (const [key, stored] of found) {
    counts.set(BigInt(key), stored);
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
  return counts;
}

const KEYS_A_LOOK = 64;
const KEYS_A_TEXT = 1_000;

/** The keys, many in each text: ClickHouse takes few long texts sooner than many short ones. */
async function keyTexts(
  rows: readonly PlacedRow[],
  keyOfRow: (placed: PlacedRow) => bigint,
): Promise<readonly string[]> {
  const texts: string[] = [];
  const yieldIfDue = timeSlices();
  for (let start = 0; start < rows.length; start += KEYS_A_TEXT) {
    texts.push(
      rows
        .slice(start, start + KEYS_A_TEXT)
        .map(keyOfRow)
        .join(','),
    );
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
  return texts;
}

/** Every row lies in it. The sorting key and the times of parts prune by it. */
function rangeOf(rows: readonly PlacedRow[]): Sql {
  const owners = new Set<string>();
  const codes = new Set<string>();
  let [first, last] = [Infinity, -Infinity];
  for (const { ownerId, row } of rows) {
    owners.add(ownerId);
    codes.add(row.short_code);
    first = Math.min(first, row.clicked_at);
    last = Math.max(last, row.clicked_at);
  }
  return sql`owner_id IN ${param('Array(String)', [...owners])} AND short_code IN ${param('Array(String)', [...codes])}
    AND clicked_at >= fromUnixTimestamp64Milli(${param('Int64', first)}, 'UTC')
    AND clicked_at <= fromUnixTimestamp64Milli(${param('Int64', last)}, 'UTC')`;
}
