import { type ClickRow, COLUMN_NAMES, type ColumnName } from '../click-schema.ts';
import { propertyRecord } from '../click-properties.ts';

/** What a dry run shows beside its counts. */
export interface ImportPreview {
  /** The first clicks as they would be stored, without the visitor. Times are ISO 8601. */
  readonly clicks: readonly Readonly<Record<string, unknown>>[];
  /** Short codes with the number of their clicks, the commonest first. */
  readonly codes: readonly (readonly [shortCode: string, clicks: number])[];
}

const SHOWN_CLICKS = 10;

/** More codes than are shown: the commonest of a file need not be those of its batches. */
const MAX_CODES = 1_000;

/** What is shown of a click. */
export type PreviewColumn = Exclude<ColumnName, 'visitor'>;

const SHOWN_COLUMNS = COLUMN_NAMES.filter((name): name is PreviewColumn => name !== 'visitor');

/** Gathers the preview of a batch. */
export class PreviewBuilder {
  readonly #clicks: Readonly<Record<string, unknown>>[] = [];
  readonly #counts = new Map<string, number>();

  add(row: ClickRow): void {
    if (this.#clicks.length < SHOWN_CLICKS) this.#clicks.push(shown(row));
    this.#counts.set(row.short_code, (this.#counts.get(row.short_code) ?? 0) + 1);
  }

  build(): ImportPreview {
    return { clicks: this.#clicks, codes: commonest(this.#counts) };
  }
}

function shown(row: ClickRow): Readonly<Record<string, unknown>> {
  const click = Object.fromEntries(SHOWN_COLUMNS.map((name) => [name, row[name]]));
  return {
    ...click,
    clicked_at: new Date(row.clicked_at).toISOString(),
    properties: propertyRecord(row.properties),
  };
}

/** Sorts no more than it returns: a batch may have a code for each of its clicks. */
function commonest(counts: ReadonlyMap<string, number>): ImportPreview['codes'] {
  const least = leastCommon(counts);
  let room = MAX_CODES;
  for (const clicks of counts.values()) if (clicks > least) room--;
  const codes: (readonly [string, number])[] = [];
  for (const entry of counts) if (entry[1] > least || (entry[1] === least && room-- > 0)) codes.push(entry);
  return codes.toSorted(([, one], [, other]) => other - one);
}

/** The number of clicks that the last of the commonest codes has. */
function leastCommon(counts: ReadonlyMap<string, number>): number {
  const codesByClicks = new Map<number, number>();
  for (const clicks of counts.values()) codesByClicks.set(clicks, (codesByClicks.get(clicks) ?? 0) + 1);
  let codes = 0;
  for (const [clicks, count] of [...codesByClicks].toSorted(([one], [other]) => other - one)) {
    codes += count;
    if (codes >= MAX_CODES) return clicks;
  }
  return 0;
}

/** The preview of a file whose parts have these. */
export function mergePreviews(
  one: ImportPreview | undefined,
  other: ImportPreview | undefined,
): ImportPreview | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const counts = new Map(one.codes);
  for (const [code, clicks] of other.codes) counts.set(code, (counts.get(code) ?? 0) + clicks);
  return { clicks: [...one.clicks, ...other.clicks].slice(0, SHOWN_CLICKS), codes: commonest(counts) };
}
