import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import type { PartVersionPoll } from '../clickhouse/part-version-poll.ts';
import { sql } from '../sql/sql.ts';
import { yielding } from '../lib/event-loop.ts';

const MAX_SECONDS = 30;

/** Where other instances create keys too, the hashes are read again after this time at the earliest, */
const REFRESH_MS = 1_000;
/** and after a pause of this many times as long as reading them took, however often somebody creates one. */
const PAUSE_FACTOR = 20;

/**
 * Tells which keys may be stored, so that a wrong key costs ClickHouse nothing. It holds the first 32 bits of each stored
 * key's hash as plain numbers, 20 to 40 bytes a key. One wrong key in 2³² begins like a given stored one, and is then
 * looked up.
 */
export class KeyHashes {
  readonly #database: Database;
  /** Of others' changes; undefined: nobody else creates keys. */
  readonly #poll: PartVersionPoll | undefined;
  readonly #clock: () => number;
  #beginnings: Set<number> | undefined;
  /** Added while the others are being read. */
  #added: number[] = [];
  #reading: Promise<void> | undefined;
  /** Of the table, from before it was read. */
  #partVersion: string | undefined;
  #pausesUntil = 0;

  /** @param clock milliseconds, never going back */
  constructor(
    database: Database,
    poll: PartVersionPoll | undefined,
    clock: () => number = () => performance.now(),
  ) {
    this.#database = database;
    this.#poll = poll;
    this.#clock = clock;
  }

  /**
   * False: no such key is stored, or another instance made it within the last seconds.
   * @throws AppError `unavailable` when the keys were never read and cannot be
   */
  async mayHave(hash: string): Promise<boolean> {
    if (this.#beginnings === undefined) await this.#read();
    if (this.#beginnings?.has(beginningOf(hash))) return true;
    if (this.#poll !== undefined && this.#reading === undefined && this.#clock() >= this.#pausesUntil)
      void this.#readWhenChanged(this.#poll).catch(() => {});
    return false;
  }

  /** Notes a key that is stored. */
  add(hash: string): void {
    const beginning = beginningOf(hash);
    this.#beginnings?.add(beginning);
    if (this.#reading !== undefined) this.#added.push(beginning);
  }

  async #readWhenChanged(poll: PartVersionPoll): Promise<void> {
    this.#pausesUntil = this.#clock() + REFRESH_MS;
    const { version } = await poll.recent();
    if (version === undefined || version !== this.#partVersion) await this.#read();
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
      this.#added = [];
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    const partVersion = (await this.#poll?.recent())?.version;
    const begun = this.#clock();
    const rows = await this.#database.rows<[number[]]>(BEGINNINGS, { ...LOOK_UP, maxSeconds: MAX_SECONDS });
    const beginnings = new Set<number>();
    for await (const [some] of yielding(rows)) for (const beginning of some) beginnings.add(beginning);
    for (const beginning of this.#added) beginnings.add(beginning);
    this.#beginnings = beginnings;
    this.#partVersion = partVersion;
    const now = this.#clock();
    this.#pausesUntil = now + Math.max(REFRESH_MS, PAUSE_FACTOR * (now - begun));
  }
}

/** In a thousand rows, since a row a key would be a million small arrays. */
const BEGINNINGS = sql`
  SELECT groupArray(beginning)
  FROM (
    SELECT reinterpretAsInt32(reverse(unhex(substring(key_sha256, 1, 8)))) AS beginning
    FROM api_keys FINAL
    WHERE NOT is_revoked
  )
  GROUP BY bitAnd(beginning, 1023)`;

/** As the query above has it. */
function beginningOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 8), 16) | 0;
}
