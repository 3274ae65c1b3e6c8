import { parse } from 'node:querystring';
import { AppError, invalid } from '../../errors.ts';
import { nearestName } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import type { Context } from './context.ts';

/** Node parses so many parameters and silently drops the others, which would make another query of this one. */
export const MAX_PARAMETERS = 1_000;

/** Parameters that clients add so that nothing on the way answers from a cache. Every route ignores them. */
export const CACHE_BUSTERS: readonly string[] = ['_', 'cb', 't'];

/** What a route says of its query string. */
export interface KnownParameters {
  /** `any`: others than it knows are ignored, and it is asked for nothing in them. */
  readonly names: readonly string[] | 'any';
  /** What further names match. */
  readonly patterns?: readonly RegExp[];
  /** Whether its fields come in a body, for which a parameter can have been meant. */
  readonly hasBody: boolean;
}

/**
 * The check of a route's query string.
 * @returns throws AppError 400 for a parameter that the route does not know, and for a query string that Node would parse to
 * something else than was sent
 */
export function queryStringCheck(known: KnownParameters): (ctx: Pick<Context, 'querystring'>) => void {
  const { patterns = [] } = known;
  const names = known.names === 'any' ? undefined : new Set([...known.names, ...CACHE_BUSTERS]);
  return ({ querystring }) => {
    if (querystring === '') return;
    const parameters = querystring.split('&', MAX_PARAMETERS + 1);
    for (const parameter of parameters) {
      const [sent = ''] = parameter.split('=', 1);
      checkText(sent, parameter);
      if (names === undefined || names.has(sent)) continue;
      // An empty parameter (`a=1&&b=2`) has no name at all.
      const unknown = Object.keys(parse(parameter)).find(
        (name) => !names.has(name) && !patterns.some((pattern) => pattern.test(name)),
      );
      if (unknown !== undefined) throw unknownParameter(unknown, known);
    }
    if (names !== undefined && parameters.length > MAX_PARAMETERS) {
      throw new AppError('validation_error', `A request takes at most ${MAX_PARAMETERS} parameters.`);
    }
  };
}

/** Node decodes bytes that are not UTF-8 to U+FFFD, all alike. */
function checkText(name: string, parameter: string): void {
  if (isUtf8(parameter)) return;
  throw invalid(quotable(name), `The parameter ${quotable(name)} is not percent-encoded UTF-8.`);
}

/** A `%` that begins no escape stands for itself. */
function isUtf8(percentEncoded: string): boolean {
  if (!percentEncoded.includes('%')) return true;
  try {
    for (const [bytes] of percentEncoded.matchAll(/(?:%[0-9a-f]{2})+/gi)) decodeURIComponent(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The error for a parameter that a route does not know, with the nearest one that it does. */
export function unknownParameter(name: string, { names, hasBody }: KnownParameters): AppError {
  const known = names === 'any' ? [] : names;
  const nearest = nearestName(name, known);
  const none = hasBody ? 'It takes none: what it is to do goes in the body.' : 'It takes none.';
  // Filters have one for each operator as well: too many to list.
  const listed = known.filter((one) => !one.includes('.'));
  const others = known.length === 0 ? none : `It takes: ${listed.join(', ')}.`;
  const hint = nearest === undefined ? others : `Did you mean ${nearest}?`;
  return invalid(quotable(name), `${quotable(name)} is not a parameter of this route. ${hint}`);
}
