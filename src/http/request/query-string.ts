import { AppError, invalid } from '../../errors.ts';
import type { Context } from './context.ts';

/** Node parses so many parameters and silently drops the others, which would make another query of this one. */
const MAX_PARAMETERS = 1_000;

/** @throws AppError 400 for a query string that Node would parse to something else than was sent */
export function checkQueryString({ querystring }: Pick<Context, 'querystring'>): void {
  if (querystring === '') return;
  const parameters = querystring.split('&', MAX_PARAMETERS + 1);
  if (parameters.length > MAX_PARAMETERS) {
    throw new AppError('validation_error', `A request takes at most ${MAX_PARAMETERS} parameters.`);
  }
  // Node decodes bytes that are not UTF-8 to U+FFFD, all alike.
  const wrong = parameters.find((parameter) => !isUtf8(parameter));
  if (wrong === undefined) return;
  const [name = ''] = wrong.split('=', 1);
  throw invalid(name, `The parameter ${name} is not percent-encoded UTF-8.`);
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
