import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ShortUrl, UrlRegistry } from '../urls/registry.ts';
import { type BodyItem, NOT_JSON } from './body.ts';
import { type EnrichStep, enrichClick, needsPlace } from './enrich/enrich.ts';
import { type Rejection, parseClick } from './schema.ts';
import type { Click } from './types.ts';
import type { ClickWriter, OnceName, PlacedRow } from './writer.ts';

/** A click that was not taken, by its place in the request. */
export interface RejectedItem extends Rejection {
  readonly index: number;
}

export interface IngestResult {
  readonly accepted: number;
  readonly rejected: readonly RejectedItem[];
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
}

export interface IngestContext {
  readonly writer: ClickWriter;
  readonly urls: UrlRegistry;
  /** The enrich steps; opens the place database first when a click needs it. */
  readonly steps: (needsPlace: boolean) => Promise<readonly EnrichStep[]>;
}

interface PlacedClick {
  readonly index: number;
  readonly click: Click;
}

/** Rows between two turns of the event loop, so that no request holds up the others for long. */
const ROWS_A_TURN = 500;

/**
 * Clicks in: checked one by one, registered, enriched, stored. Bad ones are told apart and do not stop the good.
 * @throws AppError `unavailable` when ClickHouse is; part may be stored then
 */
export async function ingest(
  context: IngestContext,
  items: Iterable<BodyItem>,
  options: IngestOptions,
): Promise<IngestResult> {
  const rejected: RejectedItem[] = [];
  const clicks: PlacedClick[] = [];
  let turn = 0;
  for (const { index, value } of items) {
    if (++turn % ROWS_A_TURN === 0) await nextTurn();
    const parsed =
      value === NOT_JSON
        ? ({ ok: false, rejection: { field: 'click', error: 'is not JSON' } } as const)
        : parseClick(value, options.receivedAt);
    if (parsed.ok) clicks.push({ index, click: parsed.click });
    else rejected.push({ index, ...parsed.rejection });
  }
  const oldest = oldestByCode(clicks);
  return context.urls.gate.within([...oldest.keys()], async () => {
    const urls = options.countOnly
      ? await context.urls.findMany([...oldest.keys()])
      : await context.urls.registerMissing(newUrls(oldest, options.ownerId));
    const taken: PlacedClick[] = [];
    for (const placed of clicks) {
      const owner = urls.get(placed.click.shortCode)?.ownerId ?? options.ownerId;
      if (options.isAdmin || owner === options.ownerId) taken.push(placed);
      else rejected.push({ index: placed.index, field: 'short_code', error: 'belongs to another owner' });
    }
    if (!options.countOnly && taken.length > 0) {
      const rows = await enrichAll(context, taken, (code) => urls.get(code)?.ownerId ?? options.ownerId);
      await context.writer.write(rows, options.once);
    }
    const times = taken.map(({ click }) => click.clickedAt);
    return {
      accepted: taken.length,
      rejected: rejected.toSorted((a, b) => a.index - b.index),
      firstClick: times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b)),
      lastClick: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
    };
  });
}

/** The codes of the clicks with the time of each one's oldest click, which a new URL takes for its creation. */
function oldestByCode(clicks: readonly PlacedClick[]): ReadonlyMap<string, number> {
  const oldest = new Map<string, number>();
  for (const { click } of clicks) {
    const known = oldest.get(click.shortCode);
    if (known === undefined || click.clickedAt < known) oldest.set(click.shortCode, click.clickedAt);
  }
  return oldest;
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

async function enrichAll(
  context: IngestContext,
  clicks: readonly PlacedClick[],
  ownerOf: (shortCode: string) => string,
): Promise<readonly PlacedRow[]> {
  const steps = await context.steps(clicks.some(({ click }) => needsPlace(click)));
  const rows: PlacedRow[] = [];
  for (const { index, click } of clicks) {
    if (rows.length % ROWS_A_TURN === 0) await nextTurn();
    rows.push({ index, ownerId: ownerOf(click.shortCode), row: enrichClick(steps, click) });
  }
  return rows;
}
