import { z } from 'zod';
import { filterForm } from '../stats/parse/filter-form.ts';
import { sha256 } from '../lib/sha256.ts';
import { type RawParameters, valuesOf } from '../stats/parse/raw-parameters.ts';
import type { ParseContext } from '../stats/parse/parse-request.ts';
import type { OrderedQuery } from './click-position.ts';
import { clickListQuery, parseClickRequest } from './click-query.ts';

/** A listing that goes on: its query, whose range and filters do not change any more, and how far it has come. */
export interface ClickCursor<Position> {
  readonly query: OrderedQuery;
  /** What its first request asked for, as `askedBy` tells it; undefined where that was nothing. */
  readonly asked: string | undefined;
  readonly after: Position;
}

/** Tells apart what requests ask for, by their parameters but for some. @returns undefined without any */
export function askedBy(raw: RawParameters, except: readonly string[]): string | undefined {
  const given = Object.keys(raw)
    .filter((name) => !except.includes(name))
    .map((name) => [name, ...valuesOf(raw, name)])
    .filter(({ length }) => length > 1)
    .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1));
  return given.length === 0 ? undefined : sha256(JSON.stringify(given)).slice(0, ASKED_DIGITS);
}

const ASKED_DIGITS = 16;

const schema = z.strictObject({
  raw: z.record(z.string(), z.string()),
  range: z.strictObject({ start: z.number(), end: z.number() }),
  asked: z.string().optional(),
  after: z.unknown(),
});

/** The text of a cursor: the parameters that stand for its query, and its position, as JSON. */
export function cursorText<Position>({ query, asked, after }: ClickCursor<Position>): string {
  return JSON.stringify({ raw: parametersOf(query), range: query.range, asked, after } satisfies z.input<
    typeof schema
  >);
}

/**
 * The cursor of a text that `cursorText` has made.
 * @param position the schema of its position
 * @param limit rows on the next page
 * @returns undefined where the text is of another kind
 * @throws AppError as the parameters of a query that is not allowed any more
 */
export function parseCursor<Position>(
  text: string,
  position: z.ZodType<Position>,
  context: ParseContext,
): ClickCursor<Position> | undefined {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const after = position.safeParse(parsed.data.after);
  if (!after.success) return undefined;
  const query = clickListQuery(parseClickRequest(parsed.data.raw, context));
  const { order = 'newest' } = query;
  return {
    query: { ...query, order, range: parsed.data.range, endsNow: false },
    asked: parsed.data.asked,
    after: after.data,
  };
}

/** The parameters that a query was asked for by, but for its range; names of filters are those that they stand for. */
function parametersOf({
  subject,
  columns,
  order,
  timezone,
  bots,
  filters,
}: OrderedQuery): Record<string, string> {
  return {
    ...(subject.scope === 'anon'
      ? { scope: 'anon', short_code: subject.shortCode }
      : subject.ownerId === undefined
        ? {}
        : { owner_id: subject.ownerId }),
    ...(filters.length === 0 ? {} : { filters: JSON.stringify(filterForm(filters)) }),
    ...(columns.includes('visitor') ? { visitors: 'true' } : {}),
    fields: columns.join(','),
    // By arrival is no order that a parameter asks for.
    ...(order === 'arrival' ? {} : { order }),
    timezone,
    bots,
  };
}
