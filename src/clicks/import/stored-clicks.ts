import type { Database } from '../../clickhouse/database.ts';
import type { QueryOptions } from '../../clickhouse/query-options.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { EMPTY, type Sql, param, sql } from '../../sql/sql.ts';
import type { PlacedRow } from '../insert-rows.ts';
import { CLICK_KEY } from './click-keys.ts';
import { KeySlots } from './key-slots.ts';
import type { TimedLines } from './timed-lines.ts';

/** It may read all clicks of the same URLs and time. */
const LOOK_UP: QueryOptions = { workload: 'intake', maxSeconds: 60 };

/** Clicks of some URLs, between two times, both included; Unix milliseconds. */
export interface ClickRange {
  readonly owners: readonly string[];
  readonly codes: readonly string[];
  readonly first: number;
  readonly last: number;
}

/** How many equal clicks are stored, for each of the clicks of a batch: those of one key are equal. */
export class StoredCounts {
  readonly #lines: TimedLines;
  readonly #slots: KeySlots;
  readonly #counts: Uint32Array;

  /** @param lines with the keys of the clicks */
  constructor(lines: TimedLines) {
    this.#lines = lines;
    this.#slots = new KeySlots(lines.length);
    this.#counts = new Uint32Array(this.#slots.capacity);
  }

  /** @returns the slot of the key of the click on a line */
  add(place: number): number {
    return this.#slots.add(this.#lines.keys[2 * place] ?? 0, this.#lines.keys[2 * place + 1] ?? 0);
  }

  /** Notes how many clicks of a key are stored; nothing for a key that was not added. */
  note(low: number, high: number, count: number): void {
    const slot = this.#slots.find(low, high);
    if (slot >= 0) this.#counts[slot] = count;
  }

  /**
   * Whether the click on a line is stored; if not, it is counted as stored from now on.
   * @param repeat how many clicks that are equal the stream has up to this one
   */
  has(place: number, repeat: number): boolean {
    const slot = this.add(place);
    const count = this.#counts[slot] ?? 0;
    if (repeat <= count) return true;
    this.#counts[slot] = count + 1;
    return false;
  }
}

/** With more stored candidates than this for each new click, ClickHouse looks for the keys itself. */
const STORED_A_CLICK = 8;

/**
 * Counts how many clicks equal to those of some rows are stored.
 * @param range all rows lie in it
 * @param lines those of the rows; a row without one is not looked for
 */
export async function countStored(
  database: Pick<Database, 'binaryRows'>,
  rows: readonly PlacedRow[],
  range: ClickRange,
  lines: TimedLines,
): Promise<StoredCounts> {
  const counts = new StoredCounts(lines);
  const maxGroups = STORED_A_CLICK * rows.length;
  const all = await database.binaryRows(storedKeys(range, EMPTY), { ...LOOK_UP, maxGroups });
  if (all.length === 0) return counts;
  const sought = await addedPlaces(rows, lines, counts);
  const isWhole = all.length <= maxGroups * ROW_BYTES;
  const found = isWhole
    ? all
    : await database.binaryRows(storedKeys(range, sql`AND key IN ${keySet(lines, sought)}`), LOOK_UP);
  await noteAll(found, counts);
  return counts;
}

/** The places of the rows' lines, after their keys were added. */
async function addedPlaces(
  rows: readonly PlacedRow[],
  lines: TimedLines,
  counts: StoredCounts,
): Promise<readonly number[]> {
  const places: number[] = [];
  const yieldIfDue = timeSlices(KEYS_A_LOOK);
  for (const { index } of rows) {
    const due = yieldIfDue();
    if (due !== undefined) await due;
    const place = lines.placeOf(index);
    if (place === undefined) continue;
    counts.add(place);
    places.push(place);
  }
  return places;
}

const KEYS_A_LOOK = 64;

/** The key and count of a row that ClickHouse sends, each 64 bits, the lowest first. */
const ROW_BYTES = 16;

async function noteAll(found: Buffer, counts: StoredCounts): Promise<void> {
  const view = new DataView(found.buffer, found.byteOffset, found.byteLength);
  const yieldIfDue = timeSlices(KEYS_A_LOOK);
  for (let at = 0; at < found.length; at += ROW_BYTES) {
    counts.note(view.getUint32(at, true), view.getUint32(at + 4, true), view.getUint32(at + 8, true));
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
}

const KEY_BYTES = 8;
/** Few long texts take ClickHouse less time than many short ones. */
const KEYS_A_TEXT = 1_000;

/** The keys as a set, which ClickHouse makes once; that of an array would be made again for every block of rows. */
function keySet(lines: TimedLines, places: readonly number[]): Sql {
  const bytes = Buffer.alloc(KEY_BYTES * places.length);
  let at = 0;
  for (const place of places) {
    at = bytes.writeUInt32LE(lines.keys[2 * place] ?? 0, at);
    at = bytes.writeUInt32LE(lines.keys[2 * place + 1] ?? 0, at);
  }
  const texts: string[] = [];
  for (let start = 0; start < bytes.length; start += KEY_BYTES * KEYS_A_TEXT)
    texts.push(bytes.toString('base64', start, Math.min(start + KEY_BYTES * KEYS_A_TEXT, bytes.length)));
  return sql`(SELECT arrayJoin(arrayMap(at -> reinterpretAsUInt64(substring(bytes, at, 8)), range(1, length(bytes), 8)))
    FROM (SELECT base64Decode(arrayJoin(${param('Array(String)', texts)})) AS bytes))`;
}

/**
 * Each key in a range, and how many clicks have it. The sorting key and the times of parts prune; of the granules that are left,
 * few clicks lie between the two times, so those are compared first.
 */
function storedKeys({ owners, codes, first, last }: ClickRange, condition: Sql): Sql {
  return sql`SELECT ${CLICK_KEY} AS key, count() FROM clicks
    PREWHERE clicked_at >= fromUnixTimestamp64Milli(${param('Int64', first)}, 'UTC')
      AND clicked_at <= fromUnixTimestamp64Milli(${param('Int64', last)}, 'UTC')
    WHERE owner_id IN ${param('Array(String)', owners)} AND short_code IN ${param('Array(String)', codes)} ${condition}
    GROUP BY key`;
}
