import { z } from 'zod';
import { filterForm } from '../stats/parse/filter-form.ts';
import type { ParseContext } from '../stats/parse/query.ts';
import type { OrderedQuery } from './page.ts';
import { clickListQuery, parseClickRequest } from './query.ts';

/** A listing that goes on: its query, whose range and filters do not change any more, and how far it has come. */
export interface ClickCursor<Position> {
  readonly query: OrderedQuery;
  readonly after: Position;
}

const schema = z.strictObject({
  raw: z.record(z.string(), z.string()),
  range: z.strictObject({ start: z.number(), end: z.number() }),
  after: z.unknown(),
});

/** The text of a cursor: the parameters that stand for its query, and its position, as JSON. */
export function cursorText<Position>({ query, after }: ClickCursor<Position>): string {
  return JSON.stringify({ raw: parametersOf(query), range: query.range, after } satisfies z.input<
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
  return { query: { ...query, order, range: parsed.data.range, endsNow: false }, after: after.data };
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
