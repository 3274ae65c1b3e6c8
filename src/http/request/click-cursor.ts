import type { ZodType } from 'zod';
import { type ClickCursor, askedBy, cursorText, parseCursor } from '../../click-rows/cursor.ts';
import { parseClickRequest } from '../../click-rows/click-query.ts';
import { invalid } from '../../errors.ts';
import type { Principal } from '../../keys/scopes.ts';
import { type RawParameters, valueOf } from '../../stats/parse/raw-parameters.ts';
import type { ParseContext } from '../../stats/parse/parse-request.ts';
import { CACHE_BUSTERS } from './query-string-check.ts';
import type { Services } from './services.ts';

/** Cursors go into a URL, of which the server takes 128 KiB with all headers. */
const MAX_CURSOR_CHARACTERS = 100_000;

/** A kind of listing that goes on with a cursor. */
export interface CursorKind<Position> {
  /** What its cursors are signed for. */
  readonly purpose: string;
  /** The parameter that takes one. */
  readonly parameter: 'cursor' | 'after';
  /** What else may be another on each page. */
  readonly others: readonly string[];
  readonly position: ZodType<Position>;
}

/** As of now. */
export async function clickContext(services: Services): Promise<ParseContext> {
  const now = services.now();
  return { now, timeZones: await services.timeZones(), keptSince: services.keptSince(now) };
}

/** What a request asks for beside its page. */
export function askedFor<Position>(raw: RawParameters, kind: CursorKind<Position>): string | undefined {
  return askedBy(raw, [kind.parameter, 'limit', ...kind.others, ...CACHE_BUSTERS]);
}

/**
 * The listing that a request goes on with; undefined for one that begins.
 * @throws AppError 400 for a cursor that is not one of this owner's, or beside parameters that say something else
 */
export async function sentCursor<Position>(
  services: Services,
  raw: RawParameters,
  { ownerId }: Principal,
  kind: CursorKind<Position>,
): Promise<ClickCursor<Position> | undefined> {
  const { parameter, purpose, position } = kind;
  const sent = valueOf(raw, parameter);
  if (sent === undefined) return undefined;
  const context = await clickContext(services);
  const text = services.signedTexts.read(sent, purpose, ownerId);
  const cursor = text && parseCursor(text, position, context);
  if (!cursor) {
    throw invalid(
      parameter,
      `${parameter} must be the next_cursor of an earlier response about the same owner's clicks.`,
    );
  }
  const asked = askedFor(raw, kind);
  if (asked !== undefined && asked !== cursor.asked) {
    throw invalid(
      parameter,
      `${parameter} goes with the parameters that the first request had, or without any: to ask for something else, begin anew.`,
    );
  }
  const { limit } = parseClickRequest({ limit: valueOf(raw, 'limit') }, context);
  return { ...cursor, query: { ...cursor.query, limit } };
}

/**
 * A cursor as the owner of the key gets it.
 * @throws AppError 400 for a query that is too long to be carried along
 */
export function signCursor<Position>(
  { signedTexts }: Services,
  { ownerId }: Principal,
  cursor: ClickCursor<Position>,
  { purpose }: CursorKind<Position>,
): string {
  const signed = signedTexts.sign(cursorText(cursor), purpose, ownerId);
  if (signed.length <= MAX_CURSOR_CHARACTERS) return signed;
  throw invalid(
    'filters',
    'The filters are too long for several pages: export the clicks, or filter by less.',
  );
}
