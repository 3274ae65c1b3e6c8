import { timeSlices } from '../lib/event-loop.ts';
import { type BodyItem, type BodyStep, NO_CLICKS } from './click-body.ts';
import { RowBatch } from './row-batch.ts';
import type { IngestContext, IngestOptions } from './ingest-options.ts';
import { type ParsedClick, parseClick } from './parse-click.ts';
import { othersCodes } from './registration.ts';
import { CLICKS_A_LOOK, ClickTimes, type ParseItem, rowsOf, surveyOf } from './survey.ts';

export interface IngestResult {
  readonly accepted: number;
  /** Times of the oldest and newest accepted click, Unix milliseconds; null without one. */
  readonly firstClick: number | null;
  readonly lastClick: number | null;
  /** How many items were read before it was given up, because every one was bad; undefined: all were. */
  readonly stoppedAt: number | undefined;
}

/**
 * Ingests clicks: each is checked, enriched, registered and stored. Invalid ones are reported and do not stop the valid ones. More
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
  const parse: ParseItem = (item) => parseItem(item, options.receivedAt, keptSince);
  const survey = await surveyOf(context, items, parse, options);
  const { oldest, stoppedAt } = survey;
  await options.selection?.added();
  await options.mayStore?.();
  // Not a list: there can be millions.
  const codes = { [Symbol.iterator]: () => oldest.keys() };
  return context.urls.codeLock.within(codes, async () => {
    const others =
      options.selection === undefined ? await othersCodes(context.urls, oldest, options.ownerId) : NONE;
    if (survey.batch !== undefined && others.size === 0) {
      const accepted = survey.batch.length;
      await survey.batch.write();
      return resultOf(accepted, survey.times, stoppedAt);
    }
    const times = new ClickTimes();
    let accepted = 0;
    const batch = new RowBatch(context, options);
    const rows = survey.batch?.rows ?? rowsOf(items, parse, survey.steps, options.ownerId);
    survey.batch?.drop();
    const yieldIfDue = timeSlices(CLICKS_A_LOOK);
    for (const placed of rows) {
      const due = yieldIfDue();
      if (due !== undefined) await due;
      if (placed === undefined) continue;
      const owner = others.size === 0 ? undefined : others.get(placed.row.short_code);
      if (owner !== undefined && !options.isAdmin) {
        options.findings.reject({
          index: placed.index,
          field: 'short_code',
          error: 'belongs to another owner',
        });
        continue;
      }
      if (owner !== undefined) placed.ownerId = owner;
      accepted++;
      times.add(placed.row.clicked_at);
      if (!batch.takes(placed)) await batch.write();
      batch.add(placed);
    }
    await batch.write();
    return resultOf(accepted, times, stoppedAt);
  });
}

function resultOf(
  accepted: number,
  { first, last }: ClickTimes,
  stoppedAt: number | undefined,
): IngestResult {
  return { accepted, firstClick: first, lastClick: last, stoppedAt };
}

const NONE: ReadonlyMap<string, string> = new Map();

function parseItem({ value }: BodyItem, receivedAt: number, keptSince: number | undefined): ParsedClick {
  const error = typeof value === 'symbol' ? NO_CLICKS.get(value) : undefined;
  if (error !== undefined) return { ok: false, rejection: { field: 'click', error } };
  return parseClick(value, receivedAt, keptSince);
}
