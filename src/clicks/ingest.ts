import { turns } from '../turns.ts';
import type { ShortUrl, UrlRegistry } from '../urls/registry.ts';
import { type BodyItem, CLICK_BYTES, NOT_JSON, TOO_LARGE } from './body.ts';
import { type EnrichStep, enrichClick, needsPlace } from './enrich/enrich.ts';
import type { KeptSince } from './retention.ts';
import { type ParsedClick, type Rejection, parseClick } from './schema.ts';
import type { Click } from './types.ts';
import { CHUNK_ROWS, type ClickWriter, type OnceName, type PlacedRow, chunkOf } from './writer.ts';

/** A click that was not taken, by its place in the request. */
export interface RejectedItem extends Rejection {
  readonly index: number;
}

export interface IngestResult {
  readonly accepted: number;
  /** The first of them, as many as are kept, in the order of the request. */
  readonly rejected: readonly RejectedItem[];
  readonly rejectedCount: number;
  /** Times of the oldest and newest accepted click, Unix milliseconds; null without one. */
  readonly firstClick: number | null;
  readonly lastClick: number | null;
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
}

/**
 * Clicks in: checked one by one, enriched, registered, stored. Bad ones are told apart and do not stop the good. More
 * clicks than one insert takes are read a second time instead of being held: 64 MiB can be millions.
 * @param items can be gone through more than once
 * @throws AppError `unavailable` when ClickHouse is; part may be stored then
 */
export async function ingest(
  context: IngestContext,
  items: Iterable<BodyItem>,
  options: IngestOptions,
): Promise<IngestResult> {
  const keptSince = context.keptSince(options.receivedAt);
  const parse = (item: BodyItem): ParsedClick => parseItem(item, options.receivedAt, keptSince);
  const survey = await surveyOf(context, items, parse, options);
  const { oldest, rejections } = survey;
  const codes = [...oldest.keys()];
  return context.urls.gate.within(codes, async () => {
    const urls = options.countOnly
      ? await context.urls.findMany(codes)
      : await context.urls.registerMissing(newUrls(oldest, options.ownerId));
    const times = new Times();
    let accepted = 0;
    let chunk: PlacedRow[] = [];
    const write = async (): Promise<void> => {
      if (chunk.length > 0 && !options.countOnly) await context.writer.write(chunk, options.once);
      chunk = [];
    };
    const turnOver = turns(CLICKS_A_LOOK);
    for (const placed of survey.rows ?? rowsOf(items, parse, survey.steps)) {
      const turn = turnOver();
      if (turn !== undefined) await turn;
      placed.ownerId = urls.get(placed.row.short_code)?.ownerId ?? options.ownerId;
      if (!options.isAdmin && placed.ownerId !== options.ownerId) {
        rejections.add({ index: placed.index, field: 'short_code', error: 'belongs to another owner' });
        continue;
      }
      accepted++;
      times.add(placed.row.clicked_at);
      const last = chunk.at(-1);
      if (last !== undefined && chunkOf(last.index) !== chunkOf(placed.index)) await write();
      chunk.push(placed);
    }
    await write();
    return {
      accepted,
      rejected: rejections.first(),
      rejectedCount: rejections.count,
      firstClick: times.first,
      lastClick: times.last,
    };
  });
}

/** Enriches in the same go: what becomes of a click is then gone before the next one comes, but for its row. */
async function surveyOf(
  context: IngestContext,
  items: Iterable<BodyItem>,
  parse: Parse,
  options: IngestOptions,
): Promise<Survey> {
  const oldest = new Map<string, number>();
  const rejections = new Rejections(options.rejectionsKept);
  let rows: OwnerlessRow[] | undefined = [];
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
    const parsed = parse(item);
    if (!parsed.ok) {
      rejections.add({ index: item.index, ...parsed.rejection });
      continue;
    }
    const { click } = parsed;
    // A new URL takes the time of its oldest click for its creation.
    const known = oldest.get(click.shortCode);
    if (known === undefined || click.clickedAt < known) oldest.set(click.shortCode, click.clickedAt);
    if (!isPlaceNeeded && !options.countOnly && needsPlace(click)) {
      isPlaceNeeded = true;
      steps = await context.steps(true);
    }
    rows?.push(rowOf(item, click, steps));
    if (rows !== undefined && rows.length > CHUNK_ROWS) rows = undefined;
  }
  return { oldest, rejections, steps, rows };
}

function* rowsOf(
  items: Iterable<BodyItem>,
  parse: Parse,
  steps: readonly EnrichStep[],
): Generator<OwnerlessRow> {
  for (const item of items) {
    const parsed = parse(item);
    if (parsed.ok) yield rowOf(item, parsed.click, steps);
  }
}

function rowOf({ index }: BodyItem, click: Click, steps: readonly EnrichStep[]): OwnerlessRow {
  return { index, ownerId: '', row: enrichClick(steps, click) };
}

function parseItem({ value }: BodyItem, receivedAt: number, keptSince: number | undefined): ParsedClick {
  if (value === NOT_JSON) return { ok: false, rejection: { field: 'click', error: 'is not JSON' } };
  if (value === TOO_LARGE) {
    return { ok: false, rejection: { field: 'click', error: `is larger than ${CLICK_BYTES / 1_024} KiB` } };
  }
  return parseClick(value, receivedAt, keptSince);
}

/** Counts all rejections and keeps the first. */
class Rejections {
  count = 0;
  readonly #limit: number;
  #kept: RejectedItem[] = [];
  /** No later place than this can be among the first any more. */
  #last = Infinity;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** They come in two runs, each in order, so one may belong before those that are kept. */
  add(item: RejectedItem): void {
    this.count++;
    if (item.index > this.#last) return;
    this.#kept.push(item);
    if (this.#kept.length < 2 * this.#limit) return;
    this.#kept = [...this.first()];
    this.#last = this.#kept.at(-1)?.index ?? Infinity;
  }

  first(): readonly RejectedItem[] {
    return this.#kept.toSorted((a, b) => a.index - b.index).slice(0, this.#limit);
  }
}

class Times {
  first: number | null = null;
  last: number | null = null;

  add(time: number): void {
    this.first = Math.min(time, this.first ?? time);
    this.last = Math.max(time, this.last ?? time);
  }
}

function newUrls(createdAt: ReadonlyMap<string, number>, ownerId: string): readonly ShortUrl[] {
  return [...createdAt].map(([shortCode, time]) => ({
    shortCode,
    ownerId,
    createdAt: time,
    privateStats: true,
    longUrl: null,
  }));
}
