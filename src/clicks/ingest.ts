import type { Room } from '../fair-share/room.ts';
import { turns } from '../lib/event-loop.ts';
import type { UrlRegistry } from '../urls/registry.ts';
import { type BodyItem, type BodyStep, CLICK_BYTES, NOT_JSON, NOT_OBJECT, TOO_LARGE } from './click-body.ts';
import { type EnrichStep, enrichClick, needsPlace } from './enrich/enrich.ts';
import { CODE_BYTES, rowBytes } from './heap-bytes.ts';
import { type RejectedItem, Rejections } from './rejections.ts';
import { othersCodes } from './registration.ts';
import type { KeptSince } from './retention.ts';
import type { Click } from './fields.ts';
import { NOT_AN_OBJECT, type ParsedClick, parseClick } from './parse-click.ts';
import { CHUNK_ROWS, type ClickWriter, type OnceName, type PlacedRow, chunkOf } from './writer.ts';

export interface IngestResult {
  readonly accepted: number;
  /** The first of them, as many as are kept, in the order of the request. */
  readonly rejected: readonly RejectedItem[];
  readonly rejectedCount: number;
  /** Times of the oldest and newest accepted click, Unix milliseconds; null without one. */
  readonly firstClick: number | null;
  readonly lastClick: number | null;
  /** How many items were read before it was given up, because every one was bad; undefined: all were. */
  readonly stoppedAt: number | undefined;
}

export interface IngestOptions {
  /** Owner of the URLs that these clicks are the first of. */
  readonly ownerId: string;
  /** May add clicks to anybody's URL. */
  readonly isAdmin: boolean;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  readonly once?: OnceName | undefined;
  /** Parse and count, but store nothing: for what is known to be stored already. */
  readonly countOnly?: boolean;
  /** How many rejections the result names. */
  readonly rejectionsKept: number;
  /** When so many items are bad and none before them is good, no more are read. */
  readonly badAtMost?: number;
  /** Where what is in memory at once is counted, in bytes of heap. */
  readonly room: Room;
  /** Aborts when nobody waits for the answer; the work is given up then, as long as nothing is stored. */
  readonly signal?: AbortSignal;
}

export interface IngestContext {
  readonly writer: Pick<ClickWriter, 'write'>;
  readonly urls: UrlRegistry;
  /** Clicks from before it would be removed at once, so they are not taken. */
  readonly keptSince: KeptSince;
  /** The enrich steps; opens the place database first when a click needs it. */
  readonly steps: (needsPlace: boolean) => Promise<readonly EnrichStep[]>;
}

/** A look at the clock for every click would cost as much as some of the work. */
const CLICKS_A_LOOK = 2;

type Parse = (item: BodyItem) => ParsedClick;

/** A row whose owner is not known yet. */
type OwnerlessRow = { -readonly [Part in keyof PlacedRow]: PlacedRow[Part] };

/** What a first look at all clicks tells; their rows are kept only while they are few. */
interface Survey {
  readonly oldest: ReadonlyMap<string, number>;
  readonly rejections: Rejections;
  readonly steps: readonly EnrichStep[];
  readonly rows: readonly OwnerlessRow[] | undefined;
  readonly stoppedAt: number | undefined;
}

/**
 * Clicks in: checked one by one, enriched, registered, stored. Bad ones are told apart and do not stop the good. More
 * clicks than one insert takes are read a second time instead of being held: 64 MiB can be millions.
 * @param items can be gone through more than once
 * @throws AppError `unavailable` when ClickHouse is, or when there is no room; part may be stored then
 */
export async function ingest(
  context: IngestContext,
  items: Iterable<BodyStep>,
  options: IngestOptions,
): Promise<IngestResult> {
  const keptSince = context.keptSince(options.receivedAt);
  const parse = (item: BodyItem): ParsedClick => parseItem(item, options.receivedAt, keptSince);
  const survey = await surveyOf(context, items, parse, options);
  const { oldest, rejections, stoppedAt } = survey;
  // Not a list: there can be millions.
  const codes = { [Symbol.iterator]: () => oldest.keys() };
  return context.urls.codeLock.within(codes, async () => {
    const others = await othersCodes(context.urls, oldest, options);
    const times = new Times();
    let accepted = 0;
    const chunk = new Chunk(context, options, survey.rows === undefined);
    const turnOver = turns(CLICKS_A_LOOK);
    for (const placed of survey.rows ?? rowsOf(items, parse, survey.steps)) {
      const turn = turnOver();
      if (turn !== undefined) await turn;
      if (placed === undefined) continue;
      const owner = others.get(placed.row.short_code);
      if (owner !== undefined && !options.isAdmin) {
        rejections.add({ index: placed.index, field: 'short_code', error: 'belongs to another owner' });
        continue;
      }
      placed.ownerId = owner ?? options.ownerId;
      accepted++;
      times.add(placed.row.clicked_at);
      if (!chunk.takes(placed)) await chunk.write();
      chunk.add(placed);
    }
    await chunk.write();
    return {
      accepted,
      rejected: rejections.first(),
      rejectedCount: rejections.count,
      firstClick: times.first,
      lastClick: times.last,
      stoppedAt,
    };
  });
}

/** Enriches in the same go: what becomes of a click is then gone before the next one comes, but for its row. */
async function surveyOf(
  context: IngestContext,
  items: Iterable<BodyStep>,
  parse: Parse,
  options: IngestOptions,
): Promise<Survey> {
  const { room, badAtMost = Infinity } = options;
  const oldest = new Map<string, number>();
  const rejections = new Rejections(options.rejectionsKept);
  let rows: OwnerlessRow[] | undefined = [];
  let bytes = 0;
  let steps = options.countOnly ? [] : await context.steps(false);
  let isPlaceNeeded = false;
  const turnOver = turns(CLICKS_A_LOOK);
  options.signal?.throwIfAborted();
  for (const item of items) {
    const turn = turnOver();
    if (turn !== undefined) {
      await turn;
      options.signal?.throwIfAborted();
    }
    if (item === undefined) continue;
    const parsed = parse(item);
    if (!parsed.ok) {
      rejections.add({ index: item.index, ...parsed.rejection });
      if (oldest.size === 0 && rejections.count >= badAtMost) {
        return { oldest, rejections, steps, rows, stoppedAt: badAtMost };
      }
      continue;
    }
    const { click } = parsed;
    // A new URL takes the time of its oldest click for its creation.
    const known = oldest.get(click.short_code);
    if (known === undefined) room.take(CODE_BYTES + click.short_code.length);
    if (known === undefined || click.clicked_at < known) oldest.set(click.short_code, click.clicked_at);
    if (!isPlaceNeeded && !options.countOnly && needsPlace(click)) {
      isPlaceNeeded = true;
      steps = await context.steps(true);
    }
    if (rows === undefined) continue;
    const placed = rowOf(item, click, steps);
    const size = rowBytes(placed);
    if (rows.length === CHUNK_ROWS || bytes + size > pieceBytes(room)) {
      rows = undefined;
      room.give(bytes);
    } else {
      room.take(size);
      bytes += size;
      rows.push(placed);
    }
  }
  return { oldest, rejections, steps, rows, stoppedAt: undefined };
}

/** Bytes of rows after which they are written, where nothing else says where an insert ends: two fit the room. */
function pieceBytes(room: Room): number {
  return room.most / 2;
}

/** Rows that are inserted together. */
class Chunk {
  readonly #context: IngestContext;
  readonly #options: IngestOptions;
  readonly #isCounted: boolean;
  #rows: PlacedRow[] = [];
  #bytes = 0;

  /** @param isCounted whether its rows take room that is not taken yet */
  constructor(context: IngestContext, options: IngestOptions, isCounted: boolean) {
    this.#context = context;
    this.#options = options;
    this.#isCounted = isCounted;
  }

  /** Whether the row goes into the same insert. An insert with a name is cut by the places of its rows alone. */
  takes({ index }: PlacedRow): boolean {
    const last = this.#rows.at(-1);
    if (last === undefined) return true;
    if (chunkOf(last.index) !== chunkOf(index)) return false;
    return this.#options.once !== undefined || this.#bytes < pieceBytes(this.#options.room);
  }

  add(row: PlacedRow): void {
    if (this.#options.countOnly) return;
    const bytes = rowBytes(row);
    if (this.#isCounted) this.#options.room.take(bytes);
    this.#bytes += bytes;
    this.#rows.push(row);
  }

  async write(): Promise<void> {
    if (this.#rows.length > 0) await this.#context.writer.write(this.#rows, this.#options.once);
    if (this.#isCounted) this.#options.room.give(this.#bytes);
    this.#rows = [];
    this.#bytes = 0;
  }
}

function* rowsOf(
  items: Iterable<BodyStep>,
  parse: Parse,
  steps: readonly EnrichStep[],
): Generator<OwnerlessRow | undefined> {
  for (const item of items) {
    const parsed = item && parse(item);
    yield item && parsed?.ok ? rowOf(item, parsed.click, steps) : undefined;
  }
}

function rowOf({ index }: BodyItem, click: Click, steps: readonly EnrichStep[]): OwnerlessRow {
  return { index, ownerId: '', row: enrichClick(steps, click) };
}

function parseItem({ value }: BodyItem, receivedAt: number, keptSince: number | undefined): ParsedClick {
  if (value === NOT_OBJECT) return NOT_AN_OBJECT;
  if (value === NOT_JSON) return { ok: false, rejection: { field: 'click', error: 'is not JSON' } };
  if (value === TOO_LARGE) {
    return { ok: false, rejection: { field: 'click', error: `is larger than ${CLICK_BYTES / 1_024} KiB` } };
  }
  return parseClick(value, receivedAt, keptSince);
}

class Times {
  first: number | null = null;
  last: number | null = null;

  add(time: number): void {
    this.first = Math.min(time, this.first ?? time);
    this.last = Math.max(time, this.last ?? time);
  }
}
