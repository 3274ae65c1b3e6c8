import { timeSlices } from '../lib/event-loop.ts';
import { RowBatch } from './row-batch.ts';
import type { BodyItem, BodyStep } from './click-body.ts';
import { type EnrichStep, enrichClick } from './enrich/enrich.ts';
import type { Click } from './click-schema.ts';
import { CODE_BYTES } from './heap-bytes.ts';
import type { IngestContext, IngestOptions } from './ingest-options.ts';
import type { ParsedClick } from './parse-click.ts';
import type { OwnerlessRow } from './insert-rows.ts';

/** Clicks between two looks at the clock: one for every click would cost as much as some of the work. */
export const CLICKS_A_LOOK = 2;

export type ParseItem = (item: BodyItem) => ParsedClick;

/** Figures of all clicks, for a first overview. */
export interface Survey {
  /** The time of the oldest click of each code. */
  readonly oldest: ReadonlyMap<string, number>;
  readonly times: ClickTimes;
  readonly steps: readonly EnrichStep[];
  /** All of them, as clicks of the sender's; undefined where they are more than one insert takes. */
  readonly batch: RowBatch | undefined;
  readonly stoppedAt: number | undefined;
}

/** Enriches in the same go: what becomes of a click is then gone before the next one comes, but for its row. */
export async function surveyOf(
  context: IngestContext,
  items: Iterable<BodyStep>,
  parse: ParseItem,
  options: IngestOptions,
): Promise<Survey> {
  const { room, findings, selection, badAtMost = Infinity } = options;
  const oldest = new Map<string, number>();
  let rejected = 0;
  const times = new ClickTimes();
  let batch: RowBatch | undefined = new RowBatch(context, options);
  let steps = await context.steps(false);
  let isPlaceNeeded = false;
  const yieldIfDue = timeSlices(CLICKS_A_LOOK);
  options.signal?.throwIfAborted();
  for (const item of items) {
    const due = yieldIfDue();
    if (due !== undefined) {
      await due;
      options.signal?.throwIfAborted();
    }
    if (item === undefined) continue;
    const parsed = parse(item);
    if (!parsed.ok) {
      findings.reject({ index: item.index, ...parsed.rejection });
      selection?.reject(item);
      if (oldest.size === 0 && ++rejected >= badAtMost)
        return { oldest, times, steps, batch, stoppedAt: badAtMost };
      continue;
    }
    const { click } = parsed;
    for (const warning of parsed.warnings) findings.warn({ index: item.index, ...warning });
    // A new URL takes the time of its oldest click for its creation.
    const known = oldest.get(click.short_code);
    if (known === undefined) room.take(CODE_BYTES + click.short_code.length);
    if (known === undefined || click.clicked_at < known) oldest.set(click.short_code, click.clicked_at);
    if (!isPlaceNeeded && context.needsPlace(click)) {
      isPlaceNeeded = true;
      steps = await context.steps(true);
    }
    times.add(click.clicked_at);
    if (batch === undefined && selection === undefined) continue;
    const placed = rowOf(item, click, steps, options.ownerId);
    selection?.add(item, placed.row);
    if (batch?.takes(placed) === true && !batch.isFull) {
      batch.add(placed);
    } else {
      batch?.drop();
      batch = undefined;
    }
  }
  return { oldest, times, steps, batch, stoppedAt: undefined };
}

/** The times of some clicks, Unix milliseconds; null without any. */
export class ClickTimes {
  first: number | null = null;
  last: number | null = null;

  add(time: number): void {
    this.first = Math.min(time, this.first ?? time);
    this.last = Math.max(time, this.last ?? time);
  }
}

/** The rows of the clicks that were not rejected, read once more. */
export function* rowsOf(
  items: Iterable<BodyStep>,
  parse: ParseItem,
  steps: readonly EnrichStep[],
  ownerId: string,
): Generator<OwnerlessRow | undefined> {
  for (const item of items) {
    const parsed = item && parse(item);
    yield item && parsed?.ok ? rowOf(item, parsed.click, steps, ownerId) : undefined;
  }
}

function rowOf(
  { index }: BodyItem,
  click: Click,
  steps: readonly EnrichStep[],
  ownerId: string,
): OwnerlessRow {
  return { index, ownerId, row: enrichClick(steps, click) };
}
