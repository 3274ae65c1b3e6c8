import type { ShortUrl, UrlRegistry } from '../urls/registry.ts';
import { type BodyItem, CLICK_BYTES, NOT_JSON, TOO_LARGE } from './body.ts';
import { type EnrichStep, enrichClick, needsPlace } from './enrich/enrich.ts';
import type { KeptSince } from './retention.ts';
import { type ParsedClick, type Rejection, parseClick } from './schema.ts';
import { turns } from './turns.ts';
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

interface PlacedClick {
  readonly index: number;
  readonly click: Click;
}

type Parse = (item: BodyItem) => ParsedClick;

/** What a first look at all clicks tells; the clicks themselves are kept only while they are few. */
interface Survey {
  readonly oldest: ReadonlyMap<string, number>;
  readonly rejections: Rejections;
  readonly needsPlace: boolean;
  readonly clicks: readonly PlacedClick[] | undefined;
}

/**
 * Clicks in: checked one by one, registered, enriched, stored. Bad ones are told apart and do not stop the good. More
 * clicks than one insert takes are read a second time instead of being held: 64 MiB can be millions.
 * @param items can be gone through more than once
 * @throws AppError `unavailable` when ClickHouse is; part may be stored then
 */
export async function ingest(
  context: IngestContext,
  items: Iterable<BodyItem>,
  options: IngestOptions,
): Promise<IngestResult> {
  const parse = (item: BodyItem): ParsedClick =>
    parseItem(item, options.receivedAt, context.keptSince(options.receivedAt));
  const survey = await surveyOf(items, parse, options);
  const { oldest, rejections } = survey;
  return context.urls.gate.within([...oldest.keys()], async () => {
    const urls = options.countOnly
      ? await context.urls.findMany([...oldest.keys()])
      : await context.urls.registerMissing(newUrls(oldest, options.ownerId));
    const ownerOf = (code: string): string => urls.get(code)?.ownerId ?? options.ownerId;
    const steps = await context.steps(survey.needsPlace);
    const times = new Times();
    let accepted = 0;
    let rows: PlacedRow[] = [];
    const write = async (): Promise<void> => {
      if (rows.length > 0) await context.writer.write(rows, options.once);
      rows = [];
    };
    const turnOver = turns();
    for (const { index, click } of survey.clicks ?? clicksOf(items, parse)) {
      const turn = turnOver();
      if (turn !== undefined) await turn;
      const ownerId = ownerOf(click.shortCode);
      if (!options.isAdmin && ownerId !== options.ownerId) {
        rejections.add({ index, field: 'short_code', error: 'belongs to another owner' });
        continue;
      }
      accepted++;
      times.add(click.clickedAt);
      if (options.countOnly) continue;
      const last = rows.at(-1);
      if (last !== undefined && chunkOf(last.index) !== chunkOf(index)) await write();
      rows.push({ index, ownerId, row: enrichClick(steps, click) });
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

async function surveyOf(items: Iterable<BodyItem>, parse: Parse, options: IngestOptions): Promise<Survey> {
  const oldest = new Map<string, number>();
  const rejections = new Rejections(options.rejectionsKept);
  let clicks: PlacedClick[] | undefined = [];
  let isPlaceNeeded = false;
  const turnOver = turns();
  for (const item of items) {
    const turn = turnOver();
    if (turn !== undefined) await turn;
    options.signal?.throwIfAborted();
    const parsed = parse(item);
    if (!parsed.ok) {
      rejections.add({ index: item.index, ...parsed.rejection });
      continue;
    }
    const { click } = parsed;
    // A new URL takes the time of its oldest click for its creation.
    oldest.set(click.shortCode, Math.min(click.clickedAt, oldest.get(click.shortCode) ?? Infinity));
    isPlaceNeeded ||= needsPlace(click);
    clicks?.push({ index: item.index, click });
    if (clicks !== undefined && clicks.length > CHUNK_ROWS) clicks = undefined;
  }
  return { oldest, rejections, needsPlace: isPlaceNeeded, clicks };
}

function* clicksOf(items: Iterable<BodyItem>, parse: Parse): Generator<PlacedClick> {
  for (const item of items) {
    const parsed = parse(item);
    if (parsed.ok) yield { index: item.index, click: parsed.click };
  }
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
