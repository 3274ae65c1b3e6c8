import type { Database } from '../clickhouse/database.ts';
import { param, sql } from '../sql/sql.ts';
import { type Erasure, FIRST_INSTANT, boundedInstant } from './erasure.ts';

const COLUMNS = ['short_code', 'owner_id', 'visitor', 'start_time', 'end_time'];

/** A stored erasure: code, owner and visitor (empty: every one), start and end in Unix milliseconds, both included. */
type Row = readonly [string, string, string, number, number];

/** Finding the erasures that hold for a batch of clicks reads one short code after another. */
const MAX_SECONDS = 60;

/** Stores what was erased, and when, so that an import does not bring it back. */
export class ErasureLog {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Notes that the clicks of up to now are erased; settles when ClickHouse has it. */
  async note({ shortCode = '', ownerId = '', visitor, start, end }: Erasure): Promise<void> {
    const last = boundedInstant(Math.min(end ?? Infinity, this.#now()));
    if (visitor === undefined && start === undefined) {
      const row = JSON.stringify([shortCode, ownerId, last]);
      await this.#database.insert('erased_until', ['short_code', 'owner_id', 'end_time'], [row]);
      return;
    }
    const who = visitor === undefined ? null : String(visitor);
    const row = [shortCode, ownerId, who, boundedInstant(start ?? FIRST_INSTANT), last];
    await this.#database.insert('erasures', COLUMNS, [JSON.stringify(row)]);
  }
}

/** The erasures that may hold for clicks of these codes from that moment (Unix milliseconds) on. */
export async function erasedClicks(
  database: Pick<Database, 'rows'>,
  shortCodes: readonly string[],
  since: number,
): Promise<ErasedClicks> {
  const holds = sql`(short_code = '' OR short_code IN ${param('Array(String)', shortCodes)})
    AND end_time >= fromUnixTimestamp64Milli(${param('Int64', since)}, 'UTC')`;
  const rows = await database.rows<Row>(
    sql`
      SELECT short_code, owner_id, ifNull(toString(visitor), ''),
        toUnixTimestamp64Milli(start_time), toUnixTimestamp64Milli(end_time)
      FROM erasures WHERE ${holds}
      UNION ALL
      SELECT short_code, owner_id, '', toInt64(0), toUnixTimestamp64Milli(end_time)
      FROM erased_until WHERE ${holds}`,
    { maxSeconds: MAX_SECONDS },
  );
  return new ErasedClicks(rows);
}

/** What of a click tells whether an erasure holds for it. */
interface ErasableClick {
  readonly ownerId: string;
  readonly row: {
    readonly short_code: string;
    readonly visitor: bigint;
    /** Unix milliseconds. */
    readonly clicked_at: number;
  };
}

/** Tells whether a click was erased. */
export class ErasedClicks {
  /** By code and visitor, since there can be many erasures of either. */
  readonly #erasures = new Map<string, Row[]>();

  constructor(erasures: readonly Row[]) {
    for (const erasure of erasures) {
      const key = keyOf(erasure[0], erasure[2]);
      const known = this.#erasures.get(key);
      if (known === undefined) this.#erasures.set(key, [erasure]);
      else known.push(erasure);
    }
  }

  has({ ownerId, row }: ErasableClick): boolean {
    if (this.#erasures.size === 0) return false;
    const visitor = String(row.visitor);
    const holds = ([, owner, , start, end]: Row): boolean =>
      (owner === '' || owner === ownerId) && start <= row.clicked_at && row.clicked_at <= end;
    return [row.short_code, ''].some((code) =>
      [visitor, ''].some((who) => this.#erasures.get(keyOf(code, who))?.some(holds)),
    );
  }
}

/** No code has a control character. */
function keyOf(shortCode: string, visitor: string): string {
  return `${visitor}\n${shortCode}`;
}
