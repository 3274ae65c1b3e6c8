import { AppError, invalid } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { nearestName } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import type { Filter } from '../../stats/parse/filter.ts';
import { combineFilters, parseFilters } from '../../stats/parse/filter-parameters.ts';
import type { StatsRequest } from '../../stats/request.ts';
import { requireScope, unauthenticated } from './context.ts';
import { checkPatterns } from './patterns.ts';
import type { Services } from './services.ts';
import { CLICK_SCOPES, STATS_SCOPES } from './tenant.ts';

/**
 * A request with all of its filters: those of the segments that it names too.
 * @throws AppError as `withSegments`, and 400 for a pattern that does not compile
 */
export async function withStoredFilters<Request extends StatsRequest>(
  services: Pick<Services, 'segments' | 'database'>,
  asked: Request,
  principal: Principal | undefined,
): Promise<Request> {
  await checkPatterns(services, asked.filters);
  return withSegments(services, asked, principal);
}

/**
 * A request with the filters of the segments that it names, beside its own: all of them hold. Segments belong to the owner of
 * the key, or to the one whose clicks an administrator asks for.
 * @throws AppError 401 without a key, 403 without a scope, 400 for a segment that there is none of, or that does not go with the scope
 */
async function withSegments<Request extends StatsRequest>(
  { segments }: Pick<Services, 'segments'>,
  asked: Request,
  principal: Principal | undefined,
): Promise<Request> {
  const { segments: names, subject } = asked;
  if (names.length === 0) return asked;
  if (principal === undefined) {
    throw unauthenticated('A segment belongs to an owner: it needs a key.');
  }
  requireScope(principal, ...STATS_SCOPES, ...CLICK_SCOPES);
  const ownerId = ownerOf(asked, principal);
  const found = await segments.find(ownerId, names);
  const missing = names.find((name) => !found.has(name));
  if (missing !== undefined) {
    const known = (await segments.all(ownerId)).map(({ name }) => name);
    throw invalid('segment', unknownSegment(missing, known));
  }
  const others = names.flatMap((name) => parseStored(name, found.get(name)?.filters ?? '', subject.scope));
  return { ...asked, filters: combineFilters(asked.filters, others) };
}

function ownerOf({ subject }: StatsRequest, principal: Principal): string {
  const named = subject.scope === 'all' && isAdmin(principal) ? subject.ownerId?.trim() : undefined;
  return named === undefined || named === '*' ? principal.ownerId : named;
}

function unknownSegment(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? 'GET /api/v1/segments lists them.' : `Did you mean ${nearest}?`;
  return `There is no segment ${quotable(name)}. ${hint}`;
}

/** A segment may have a filter that does not go with the scope. */
function parseStored(name: string, filters: string, scope: string): readonly Filter[] {
  try {
    return parseFilters({ filters }, scope);
  } catch (error) {
    if (error instanceof AppError)
      throw invalid('segment', `The segment ${quotable(name)}: ${error.message}`);
    throw error;
  }
}
