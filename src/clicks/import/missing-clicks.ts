import type { Shards } from '../../clickhouse/cluster.ts';
import type { Database } from '../../clickhouse/database.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { parseClickTime } from '../../lib/date-time.ts';
import type { BodyItem } from '../click-body.ts';
import { erasedClicks } from '../../erasure/erasure-log.ts';
import { isGiven } from '../field-input.ts';
import type { ClickRow } from '../click-schema.ts';
import type { IngestContext, IngestOptions, RowSelection } from '../ingest-options.ts';
import type { OwnerlessRow } from '../insert-rows.ts';
import { endOfNamedInserts } from '../named-insert.ts';
import { othersCodes, ownersOf } from '../registration.ts';
import type { ReportBuilder } from './batch-report.ts';
import type { Repeats } from './import-stream.ts';
import { type ClickRange, countStored } from './stored-clicks.ts';
import { type LineList, NO_TIME, TimedLines } from './timed-lines.ts';

export interface ImporterParts {
  readonly database: Pick<Database, 'rows' | 'binaryRows'>;
  /** How the clicks are sharded, if they are. */
  readonly shards: Shards | undefined;
  readonly context: IngestContext;
}

export interface ImportTarget {
  /** The import that the clicks come with. */
  readonly id: bigint;
  /** Owner of the URLs that these clicks are the first of. */
  readonly ownerId: string;
  /** Also clicks for URLs of other owners. */
  readonly isAnyOwner: boolean;
  /** Every line is added, whatever is stored. */
  readonly areDuplicatesAllowed: boolean;
  /** Only clicks of URLs that are registered. */
  readonly areCodesKnown: boolean;
  /** The report alone: nothing is stored. */
  readonly isDryRun: boolean;
}

export interface MissingClicksOptions extends ImportTarget {
  readonly report: ReportBuilder;
  readonly room: IngestOptions['room'];
  /** Counts the batch's lines among those of its stream. */
  readonly count: (lines: LineList) => Promise<Repeats>;
  /** Runs work while no other import looks up or stores clicks. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
  /** Settles when clicks may be stored, and URLs registered. */
  readonly mayStore: () => Promise<void>;
  readonly write: (rows: readonly OwnerlessRow[]) => Promise<void>;
}

/** Why a click of a URL that is not registered is skipped. */
const UNKNOWN_CODE = 'unknown_code';

/** About what a line takes of the heap until its batch is stored. */
const LINE_BYTES = 64;

/** Selects the clicks of a batch that are not stored yet. */
export class MissingClicks implements RowSelection {
  readonly #parts: ImporterParts;
  readonly #options: MissingClicksOptions;
  readonly #lines = new TimedLines();
  #repeats: Repeats = new Map();

  constructor(parts: ImporterParts, options: MissingClicksOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  add({ index, value }: BodyItem, row: ClickRow): void {
    if (isGiven(timeIn(value))) this.#push(index, row.clicked_at, row);
    else this.#push(index, NO_TIME, undefined);
  }

  reject({ index, value }: BodyItem): void {
    this.pass(index, timeIn(value));
  }

  /** A line that is no click, and the time that it has. */
  pass(index: number, time: unknown): void {
    const instant = typeof time === 'string' || typeof time === 'number' ? parseClickTime(time) : undefined;
    this.#push(index, instant ?? NO_TIME, undefined);
  }

  #push(index: number, time: number, row: ClickRow | undefined): void {
    this.#options.room.take(LINE_BYTES);
    this.#lines.add(index, time, row);
  }

  async added(): Promise<void> {
    this.#repeats = await this.#options.count(this.#lines);
  }

  async store(rows: readonly OwnerlessRow[]): Promise<void> {
    const { areCodesKnown, isDryRun } = this.#options;
    await this.#options.alone(async () => {
      const oldest = await oldestByCode(rows);
      const wanted = await this.#wanted(rows, oldest);
      if (isDryRun) await this.#show(wanted);
      const missing = await this.#missing(wanted, oldest);
      if (missing.length > 0 && !isDryRun) await this.#options.mayStore();
      const registered =
        isDryRun || areCodesKnown
          ? missing
          : await this.#registered(missing, missing === rows ? oldest : await oldestByCode(missing));
      if (registered.length > 0 && !isDryRun) await this.#options.write(registered);
      await filtered(registered, ({ index, row }) => {
        this.#options.report.add('accepted', row.clicked_at);
        if (this.#lines.placeOf(index) === undefined) this.#options.report.addUntimed();
        return true;
      });
    });
  }

  async #show(rows: readonly OwnerlessRow[]): Promise<void> {
    await filtered(rows, ({ row }) => {
      this.#options.report.preview(row);
      return true;
    });
  }

  /** Without those of other owners' URLs, of codes that must be known, and those that were erased. */
  async #wanted(
    rows: readonly OwnerlessRow[],
    oldest: ReadonlyMap<string, number>,
  ): Promise<readonly OwnerlessRow[]> {
    const { ownerId, areCodesKnown, report } = this.#options;
    const owners = await ownersOf(this.#parts.context.urls, oldest.keys());
    const since = [...oldest.values()].reduce((one, other) => Math.min(one, other), Infinity);
    const erased = await erasedClicks(this.#parts.database, [...oldest.keys()], since);
    return filtered(rows, (placed) => {
      const owner = owners.get(placed.row.short_code);
      if (owner === undefined && areCodesKnown) {
        report.skip(UNKNOWN_CODE);
        return false;
      }
      placed.ownerId = owner ?? ownerId;
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

  async #missing(
    rows: readonly OwnerlessRow[],
    oldest: ReadonlyMap<string, number>,
  ): Promise<readonly OwnerlessRow[]> {
    const { areDuplicatesAllowed, report } = this.#options;
    if (areDuplicatesAllowed) return rows;
    const { database, shards } = this.#parts;
    // What an import that was killed has sent may be stored a moment later.
    await endOfNamedInserts(database, shards);
    const range = await this.#rangeOf(rows, oldest);
    if (range === undefined) return rows;
    const stored = await countStored(database, rows, range, this.#lines);
    return filtered(rows, ({ index, row }) => {
      const place = this.#lines.placeOf(index);
      const isKnown = place !== undefined && stored.has(place, this.#repeats.get(index) ?? 1);
      if (isKnown) report.add('known', row.clicked_at);
      return !isKnown;
    });
  }

  /** Every row lies in it that has a time of its own; undefined where none has. */
  async #rangeOf(
    rows: readonly OwnerlessRow[],
    oldest: ReadonlyMap<string, number>,
  ): Promise<ClickRange | undefined> {
    const owners = new Set<string>();
    let [first, last] = [Infinity, -Infinity];
    await filtered(rows, ({ index, ownerId, row }) => {
      if (this.#lines.placeOf(index) === undefined) return true;
      owners.add(ownerId);
      first = Math.min(first, row.clicked_at);
      last = Math.max(last, row.clicked_at);
      return true;
    });
    return first > last ? undefined : { owners: [...owners], codes: [...oldest.keys()], first, last };
  }

  /** Registers the URLs of clicks that are to be stored. */
  async #registered(
    rows: readonly OwnerlessRow[],
    oldest: ReadonlyMap<string, number>,
  ): Promise<readonly OwnerlessRow[]> {
    const { id, ownerId, isAnyOwner } = this.#options;
    const others = await othersCodes(this.#parts.context.urls, oldest, ownerId, id);
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
