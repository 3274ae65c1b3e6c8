import type { Shards } from '../../clickhouse/cluster.ts';
import type { Database } from '../../clickhouse/database.ts';
import type { Room } from '../../fair-share/room.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { parseClickTime } from '../../lib/date-time.ts';
import type { BodyItem } from '../click-body.ts';
import type { ErasureLog } from '../erasure-log.ts';
import { isGiven } from '../field-input.ts';
import type { ClickRow } from '../fields.ts';
import type { IngestContext, RowSelection } from '../ingest-options.ts';
import type { OwnerlessRow } from '../insert-rows.ts';
import { endOfNamedInserts } from '../named-insert.ts';
import { othersCodes, ownersOf } from '../registration.ts';
import type { ReportBuilder } from './batch-report.ts';
import type { Repeats, TimedLines } from './import-stream.ts';
import { countStored, keyOf } from './stored-clicks.ts';

export interface ImporterParts {
  readonly database: Database;
  /** How the clicks are spread, where they are. */
  readonly shards: Shards | undefined;
  readonly context: IngestContext;
  readonly erasures: Pick<ErasureLog, 'of'>;
}

export interface MissingClicksOptions {
  readonly ownerId: string;
  readonly isAnyOwner: boolean;
  readonly areDuplicatesAllowed: boolean;
  readonly report: ReportBuilder;
  readonly room: Room;
  /** Counts the batch's lines among those of its stream. */
  readonly count: (lines: TimedLines) => Promise<Repeats>;
  /** Runs work while no other import looks up or stores clicks. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
  readonly write: (rows: readonly OwnerlessRow[]) => Promise<void>;
}

/** About what a line takes of the heap until its batch is stored. */
const LINE_BYTES = 64;

/** Selects the clicks of a batch that are not stored yet. */
export class MissingClicks implements RowSelection {
  readonly #parts: ImporterParts;
  readonly #options: MissingClicksOptions;
  /** Without those that have no time of their own. */
  readonly #lines = { indexes: [] as number[], times: [] as number[], keys: [] as (bigint | undefined)[] };
  #repeats: Repeats = new Map();

  constructor(parts: ImporterParts, options: MissingClicksOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  add({ index, value }: BodyItem, row: ClickRow): void {
    if (isGiven(timeIn(value))) this.#push(index, row.clicked_at, keyOf(row));
  }

  /** A line that is no click, and the time that it has. */
  pass(index: number, time: unknown): void {
    const instant = typeof time === 'string' || typeof time === 'number' ? parseClickTime(time) : undefined;
    if (instant !== undefined) this.#push(index, instant, undefined);
  }

  #push(index: number, time: number, key: bigint | undefined): void {
    this.#options.room.take(LINE_BYTES);
    this.#lines.indexes.push(index);
    this.#lines.times.push(time);
    this.#lines.keys.push(key);
  }

  async added(): Promise<void> {
    this.#repeats = await this.#options.count(this.#lines);
  }

  async store(rows: readonly OwnerlessRow[]): Promise<void> {
    await this.#options.alone(async () => {
      const missing = await this.#missing(await this.#wanted(rows));
      const registered = await this.#registered(missing);
      if (registered.length > 0) await this.#options.write(registered);
      await filtered(registered, ({ index, row }) => {
        this.#options.report.add('accepted', row.clicked_at);
        if (this.#keyAt(index) === undefined) this.#options.report.addUntimed();
        return true;
      });
    });
  }

  /** Without those of other owners' URLs and those that were erased. */
  async #wanted(rows: readonly OwnerlessRow[]): Promise<readonly OwnerlessRow[]> {
    const { ownerId, report } = this.#options;
    const oldest = await oldestByCode(rows);
    const owners = await ownersOf(this.#parts.context.urls, oldest.keys());
    const since = [...oldest.values()].reduce((one, other) => Math.min(one, other), Infinity);
    const erased = await this.#parts.erasures.of([...oldest.keys()], since);
    return filtered(rows, (placed) => {
      placed.ownerId = owners.get(placed.row.short_code) ?? ownerId;
      if (!this.#mayAdd(placed)) return false;
      const isErased = erased.has(placed);
      if (isErased) report.leaveErased();
      return !isErased;
    });
  }

  #mayAdd({ ownerId, row }: OwnerlessRow): boolean {
    const mayAdd = this.#options.isAnyOwner || ownerId === this.#options.ownerId;
    if (!mayAdd) this.#options.report.leaveOtherOwner(row.short_code);
    return mayAdd;
  }

  async #missing(rows: readonly OwnerlessRow[]): Promise<readonly OwnerlessRow[]> {
    const { areDuplicatesAllowed, report } = this.#options;
    if (areDuplicatesAllowed) return rows;
    const { database, shards } = this.#parts;
    // What an import that was killed has sent may be stored a moment later.
    await endOfNamedInserts(database, shards);
    const timed = await filtered(rows, ({ index }) => this.#keyAt(index) !== undefined);
    const stored = await countStored(database, timed, ({ index }) => this.#keyAt(index) ?? 0n);
    return filtered(rows, ({ index, row }) => {
      const key = this.#keyAt(index);
      if (key === undefined) return true;
      const count = stored.get(key) ?? 0;
      const isKnown = (this.#repeats.get(index) ?? 1) <= count;
      if (isKnown) report.add('known', row.clicked_at);
      else stored.set(key, count + 1);
      return !isKnown;
    });
  }

  /** The key of the click on that line; undefined where it has no time of its own. */
  #keyAt(index: number): bigint | undefined {
    const { indexes, keys } = this.#lines;
    let [low, high] = [0, indexes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((indexes[middle] ?? index) < index) low = middle + 1;
      else high = middle;
    }
    return indexes[low] === index ? keys[low] : undefined;
  }

  /** Registers the URLs of clicks that are to be stored. */
  async #registered(rows: readonly OwnerlessRow[]): Promise<readonly OwnerlessRow[]> {
    const { ownerId, isAnyOwner } = this.#options;
    const others = await othersCodes(this.#parts.context.urls, await oldestByCode(rows), ownerId);
    if (others.size === 0 && !isAnyOwner) return rows;
    return filtered(rows, (placed) => {
      // Somebody else may have registered it a moment ago.
      placed.ownerId = others.get(placed.row.short_code) ?? ownerId;
      return this.#mayAdd(placed);
    });
  }
}

const ROWS_A_LOOK = 64;

/** Those that are kept: most often all of them, which is no new list. */
async function filtered(
  rows: readonly OwnerlessRow[],
  keep: (placed: OwnerlessRow) => boolean,
): Promise<readonly OwnerlessRow[]> {
  let kept: OwnerlessRow[] | undefined;
  const yieldIfDue = timeSlices(ROWS_A_LOOK);
  let place = 0;
  for (const placed of rows) {
    if (!keep(placed)) kept ??= rows.slice(0, place);
    else kept?.push(placed);
    place++;
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
  return kept ?? rows;
}

/** By short code, the time of its oldest click. */
async function oldestByCode(rows: readonly OwnerlessRow[]): Promise<ReadonlyMap<string, number>> {
  const oldest = new Map<string, number>();
  await filtered(rows, ({ row }) => {
    if (row.clicked_at < (oldest.get(row.short_code) ?? Infinity)) oldest.set(row.short_code, row.clicked_at);
    return true;
  });
  return oldest;
}

/** When a click was, as it says; without a time it gets that of its import. */
function timeIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'clicked_at' in value ? value.clicked_at : undefined;
}
