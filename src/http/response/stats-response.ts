import { type ParsedRequest, parsedRequest } from '../../cache/parsed-requests.ts';
import type { CountCacheRequest } from '../../cache/cache-outcome.ts';
import type { ComputeView } from '../../cache/response-cache.ts';
import type { StatsResponse } from '../../cache/stored-responses.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { YEAR_2000 } from '../../lib/calendar.ts';
import { AppError } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import type { RawParameters } from '../../stats/parse/raw-parameters.ts';
import { type ParseContext, parseStatsRequest } from '../../stats/parse/parse-request.ts';
import { exportQuery, statsQuery } from '../../stats/parse/requested-query.ts';
import type { StatsRequest } from '../../stats/request.ts';
import type { DimensionName } from '../../stats/registry/dimension-names.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { type Context, signalOf } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { withStoredFilters } from '../request/stored-filters.ts';
import { holderOf } from '../request/share-holder.ts';
import { StageTimes } from '../request/stage-times.ts';
import { findTenant } from '../request/tenant.ts';
import { ownTraceOf, traceparentOf } from '../request/trace-context.ts';
import { type ParsedStats, type StatsView, computeStats, isOfAllTime } from './compute-stats.ts';

/** Who waits for statistics. */
export interface Asker {
  readonly principal: Principal | undefined;
  readonly holder: Holder;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  readonly times: StageTimes;
  /** The `traceparent` of its queries. */
  readonly traceparent: string | undefined;
}

/** A stats request as it was sent. */
export interface Question {
  /** Equal for queries that were sent in the same form. */
  readonly text: string;
  readonly raw: () => RawParameters;
  readonly path?: PathSubject | undefined;
  /** The result is computed, and the response explains how. */
  readonly isExplained?: boolean;
}

/** What the path of a stats request says, where its query string does not. */
export interface PathSubject {
  readonly shortCode: string;
  /** The dimensions of a request that names none. */
  readonly groupBy?: readonly DimensionName[];
  /** The clicks of that URL. @throws AppError where the client may not see them */
  readonly findTenant: () => Promise<Tenant>;
}

export function askerOf(services: Services, ctx: Context): Asker {
  const trace = ownTraceOf(ctx.req, services.tracer);
  const times = new StageTimes();
  ctx.state.times = times;
  return {
    principal: ctx.state.principal,
    holder: holderOf(services, ctx),
    signal: signalOf(ctx),
    times,
    traceparent: trace && traceparentOf(trace),
  };
}

/** The stats query in the query string of a request. */
export function questionOf(ctx: Context, path?: PathSubject): Question {
  return {
    // No query string has a line feed in it.
    text: path === undefined ? ctx.querystring : `${ctx.path}\n${ctx.querystring}`,
    raw: () => ctx.query,
    path,
  };
}

/**
 * The response to a stats query. The query is parsed, and looked up in the cache, once; a repeated one whose response is cached is not
 * parsed at all.
 * @throws AppError as the parameters and `findTenant` demand; `unavailable` or `query_timeout` from its query
 */
export async function statsResponse(
  services: Services,
  asker: Asker,
  question: Question,
): Promise<StatsResponse> {
  if (question.isExplained === true) return explainedResponse(services, asker, question);
  const { cache } = services;
  const known = cache.findRequest(question.text);
  if (known !== undefined) return respond(services, asker, question, known);
  const parsed = await asker.times.measure('parse', () => parseQuestion(services, asker, question));
  return respond(services, asker, question, cache.addRequest(question.text, parsed.asked), parsed);
}

async function respond(
  services: Services,
  asker: Asker,
  question: Question,
  request: ParsedRequest,
  parsed?: ParsedStats,
): Promise<StatsResponse> {
  const { principal, holder, times } = asker;
  const tenant = await (question.path?.findTenant() ?? findTenant(services, request.subject, principal));
  const compute: ComputeView = async (signal, begin) => {
    const options = { filters: parsed?.asked.filters };
    const again = async () => [await parseQuestion(services, asker, question, options)];
    const first = parsed === undefined ? await again() : [parsed];
    return computeStats(services, { ...asker, parsed: first, again, tenant, signal, begin });
  };
  const told: CountCacheRequest = (outcome) => times.addOutcome(outcome);
  const view = { tenant, holder, told };
  const [response] = await services.cache.respond([request], view, asker.signal, compute);
  if (response === undefined) throw new Error('A request has a response.');
  return response;
}

/** The response to a query with `explain`, which is neither cached nor shared. */
async function explainedResponse(
  services: Services,
  asker: Asker,
  question: Question,
): Promise<StatsResponse> {
  const parsed = await asker.times.measure('parse', () => parseQuestion(services, asker, question));
  const { subject, filters } = parsed.asked;
  const tenant = await findTenant(services, subject, asker.principal);
  const again = async () => [await parseQuestion(services, asker, question, { filters })];
  return explainParsed(services, asker, { parsed, again, tenant });
}

/** @throws AppError 403 without `admin:all`; what the query throws */
export async function explainParsed(
  services: Services,
  asker: Asker,
  one: { readonly parsed: ParsedStats; readonly tenant: Tenant } & Pick<StatsView, 'again'>,
): Promise<StatsResponse> {
  if (asker.principal === undefined || !isAdmin(asker.principal)) {
    throw new AppError('forbidden', 'explain needs a key with admin:all.', { field: 'explain' });
  }
  const explained = await services.cache.outcomeOf(parsedRequest(one.parsed.asked), one.tenant);
  const begin = async (): Promise<void> => {};
  const view = { ...asker, ...one, parsed: [one.parsed], begin, explained };
  const [response] = await computeStats(services, view);
  if (response === undefined) throw new Error('A request has a response.');
  return response;
}

/**
 * Parses a stats query.
 * @param options `at`: the moment as of which it is parsed, Unix milliseconds; `filters`: what it was filtered by when it was
 * parsed before, since a segment that has changed would make it another query
 */
export async function parseQuestion(
  services: Services,
  { principal }: Pick<Asker, 'principal'>,
  { raw, path }: Question,
  {
    at = services.now(),
    filters,
  }: { readonly at?: number; readonly filters?: StatsRequest['filters'] | undefined } = {},
): Promise<ParsedStats> {
  const timeZones = await services.timeZones();
  const context = { now: at, timeZones, keptSince: services.keptSince(at), ...parsedFrom(path) };
  const sent = parseStatsRequest(raw(), context);
  const asked =
    filters === undefined ? await withStoredFilters(services, sent, principal) : { ...sent, filters };
  return { asked, query: isOfAllTime(asked) ? exportQuery(asked, YEAR_2000) : statsQuery(asked), at };
}

/** What the path says, for the parser. */
export function parsedFrom(path: PathSubject | undefined): Pick<ParseContext, 'subject' | 'groupBy'> {
  if (path === undefined) return {};
  return { subject: { scope: 'anon', shortCode: path.shortCode }, groupBy: path.groupBy };
}

/** The headers that all stats responses have in common. */
export const STATS_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'private, no-cache',
} as const;
