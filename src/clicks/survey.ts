import { timeSlices } from '../lib/event-loop.ts';
import type { BodyItem, BodyStep } from './click-body.ts';
import { type EnrichStep, enrichClick, needsPlace } from './enrich/enrich.ts';
import type { Click } from './fields.ts';
import { CODE_BYTES, rowBytes } from './heap-bytes.ts';
import { type IngestContext, type IngestOptions, maxInsertBytes } from './ingest-options.ts';
import type { ParsedClick } from './parse-click.ts';
import type { OwnerlessRow } from './insert-rows.ts';
import { CHUNK_ROWS } from './writer.ts';

/** Clicks between two looks at the clock: one for every click would cost as much as some of the work. */
export const CLICKS_A_LOOK = 2;

export type ParseItem = (item: BodyItem) => ParsedClick;

/** What a first look at all clicks tells; their rows are kept only while they are few. */
export interface Survey {
  readonly oldest: ReadonlyMap<string, number>;
  readonly steps: readonly EnrichStep[];
  readonly rows: readonly OwnerlessRow[] | undefined;
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
  let rows: OwnerlessRow[] | undefined = [];
  let bytes = 0;
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
      if (oldest.size === 0 && ++rejected >= badAtMost) return { oldest, steps, rows, stoppedAt: badAtMost };
      continue;
    }
    const { click } = parsed;
    for (const warning of parsed.warnings) findings.warn({ index: item.index, ...warning });
    // A new URL takes the time of its oldest click for its creation.
    const known = oldest.get(click.short_code);
    if (known === undefined) room.take(CODE_BYTES + click.short_code.length);
    if (known === undefined || click.clicked_at < known) oldest.set(click.short_code, click.clicked_at);
    if (!isPlaceNeeded && needsPlace(click)) {
      isPlaceNeeded = true;
      steps = await context.steps(true);
    }
    if (rows === undefined && selection === undefined) continue;
    const placed = rowOf(item, click, steps);
    selection?.add(item, placed.row);
    if (rows === undefined) continue;
    const size = rowBytes(placed);
    if (rows.length === CHUNK_ROWS || bytes + size > maxInsertBytes(room)) {
      rows = undefined;
      room.give(bytes);
    } else {
      room.take(size);
      bytes += size;
      rows.push(placed);
    }
  }
  return { oldest, steps, rows, stoppedAt: undefined };
}

/** The rows of the clicks that were not rejected, read once more. */
export function* rowsOf(
  items: Iterable<BodyStep>,
  parse: ParseItem,
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
