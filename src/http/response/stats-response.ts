import type { ParsedRequest } from '../../cache/parsed-requests.ts';
import type { ComputeView, StatsResponse } from '../../cache/response-cache.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { YEAR_2000 } from '../../lib/calendar.ts';
import type { Principal } from '../../keys/scopes.ts';
import type { RawParameters } from '../../stats/parse/parameters.ts';
import { type ParseContext, exportQuery, parseStatsRequest, statsQuery } from '../../stats/parse/query.ts';
import type { DimensionName } from '../../stats/registry/dimensions.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { type Context, signalOf } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { checkPatterns } from '../request/patterns.ts';
import { holderOf } from '../request/share-holder.ts';
import { findTenant } from '../request/tenant.ts';
import { type ParsedStats, computeStats, isOfAllTime } from './compute-stats.ts';

/** Who waits for statistics. */
export interface Asker {
  readonly principal: Principal | undefined;
  readonly holder: Holder;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/** A stats request as it was sent. */
export interface Question {
  /** Equal for questions that were sent alike. */
  readonly text: string;
  readonly raw: () => RawParameters;
  readonly path?: PathSubject | undefined;
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
  return {
    principal: ctx.state.principal,
    holder: holderOf(services, ctx),
    signal: signalOf(ctx),
  };
}

/** The question that the query string of a request puts. */
export function questionOf(ctx: Context, path?: PathSubject): Question {
  return {
    // No query string has a line feed in it.
    text: path === undefined ? ctx.querystring : `${ctx.path}\n${ctx.querystring}`,
    raw: () => ctx.query,
    path,
  };
}

/**
 * The response to a question. It is parsed, and looked up in the cache, once; a repeated one whose response is cached is not
 * parsed at all.
 * @throws AppError as the parameters and `findTenant` demand; `unavailable` or `query_timeout` from its query
 */
export async function statsResponse(
  services: Services,
  asker: Asker,
  question: Question,
): Promise<StatsResponse> {
  const { cache } = services;
  const known = cache.findRequest(question.text);
  if (known !== undefined) return respond(services, asker, question, known);
  const parsed = await parseQuestion(services, question);
  return respond(services, asker, question, cache.addRequest(question.text, parsed.asked), parsed);
}

async function respond(
  services: Services,
  { principal, holder, signal }: Asker,
  question: Question,
  request: ParsedRequest,
  parsed?: ParsedStats,
): Promise<StatsResponse> {
  const tenant = await (question.path?.findTenant() ?? findTenant(services, request.subject, principal));
  const compute: ComputeView = async (signal, begin) => {
    const again = async () => [await parseQuestion(services, question)];
    const first = parsed === undefined ? await again() : [parsed];
    return computeStats(services, { parsed: first, again, tenant, holder, signal, begin });
  };
  const [response] = await services.cache.respond([request], { tenant, holder }, signal, compute);
  if (response === undefined) throw new Error('A request has a response.');
  return response;
}

/** @param at Unix milliseconds; the moment as of which it is parsed */
export async function parseQuestion(
  services: Services,
  { raw, path }: Question,
  at = services.now(),
): Promise<ParsedStats> {
  const timeZones = await services.timeZones();
  const context = { now: at, timeZones, keptSince: services.keptSince(at), ...parsedFrom(path) };
  const asked = parseStatsRequest(raw(), context);
  await checkPatterns(services, asked.filters);
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
