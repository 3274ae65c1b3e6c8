import type { ParsedRequest } from '../../cache/parsed-requests.ts';
import type { ComputeResponse, ComputedResponse, StatsResponse } from '../../cache/response-cache.ts';
import { isOverItsMemory } from '../../clickhouse/failures.ts';
import type { Workload } from '../../clickhouse/workloads.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { YEAR_2000 } from '../../lib/calendar.ts';
import { comparedRange } from '../../stats/plan.ts';
import type { Sql } from '../../sql/sql.ts';
import {
  type ParseContext,
  type StatsRequest,
  type StatsQuery,
  exportQuery,
  statsQuery,
  parseStatsRequest,
} from '../../stats/parse/query.ts';
import type { DimensionName } from '../../stats/registry/dimensions.ts';
import type { StatsRow } from '../../stats/result/stats-result.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { runStats } from '../../stats/run.ts';
import { chooseVisitorPlan } from '../../stats/sql/visitor-plan.ts';
import { type Context, signalOf } from '../request/context.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { classOf } from '../request/query-class.ts';
import type { Services } from '../request/services.ts';
import { withSameClock } from '../request/same-clock.ts';
import { holderOf } from '../request/share-holder.ts';
import { findTenant } from '../request/tenant.ts';
import { jsonBytes, tagOf } from './json-body.ts';

/** A request as it was parsed at a moment. */
interface Parsed {
  readonly asked: StatsRequest;
  /** Of all time, it begins with 2000 until the oldest click is looked up, when it has its turn. */
  readonly query: StatsQuery;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What the path of a stats request says, where its query string does not. */
export interface PathSubject {
  readonly shortCode: string;
  /** The dimensions of a request that names none. */
  readonly groupBy?: readonly DimensionName[];
  /** The clicks of that URL. @throws AppError where the client may not see them */
  readonly findTenant: () => Promise<Tenant>;
}

/**
 * The response to a stats request. It is parsed, and looked up in the cache, once; a repeated request whose response is
 * cached is not parsed at all.
 * @throws AppError as the parameters and `findTenant` demand; `unavailable` or `query_timeout` from its query
 */
export async function statsResponse(
  services: Services,
  ctx: Context,
  path?: PathSubject,
): Promise<StatsResponse> {
  const { cache } = services;
  // No query string has a line feed in it.
  const text = path === undefined ? ctx.querystring : `${ctx.path}\n${ctx.querystring}`;
  const known = cache.findRequest(text);
  if (known !== undefined) return respond(services, ctx, path, known);
  const parsed = await parse(services, ctx, path);
  return respond(services, ctx, path, cache.addRequest(text, parsed.asked), parsed);
}

async function respond(
  services: Services,
  ctx: Context,
  path: PathSubject | undefined,
  request: ParsedRequest,
  parsed?: Parsed,
): Promise<StatsResponse> {
  const tenant = await (path?.findTenant() ?? findTenant(services, request.subject, ctx.state.principal));
  const holder = holderOf(services, ctx);
  const compute: ComputeResponse = async (signal, begin) => {
    const again = (): Promise<Parsed> => parse(services, ctx, path);
    const first = parsed ?? (await again());
    return run(services, { first, again, tenant, holder, signal, begin });
  };
  return services.cache.respond(request, { tenant, holder }, signalOf(ctx), compute);
}

async function parse(services: Services, ctx: Context, path: PathSubject | undefined): Promise<Parsed> {
  const timeZones = await services.timeZones();
  const at = services.now();
  const context = { now: at, timeZones, keptSince: services.keptSince(at), ...parsedFrom(path) };
  const asked = parseStatsRequest(ctx.query, context);
  return { asked, query: isOfAllTime(asked) ? exportQuery(asked, YEAR_2000) : statsQuery(asked), at };
}

function isOfAllTime({ rangeName }: StatsRequest): boolean {
  return rangeName === 'all';
}

/** What the path says, for the parser. */
export function parsedFrom(path: PathSubject | undefined): Pick<ParseContext, 'subject' | 'groupBy'> {
  if (path === undefined) return {};
  return { subject: { scope: 'anon', shortCode: path.shortCode }, groupBy: path.groupBy };
}

interface Run {
  readonly first: Parsed;
  /** Parses the request as of now. */
  readonly again: () => Promise<Parsed>;
  readonly tenant: Tenant;
  readonly holder: Holder;
  readonly signal: AbortSignal;
  /** To be waited for before any click is read. */
  readonly begin: () => Promise<void>;
}

/** Waits for the holder's share of queries and runs the query. One that needs more memory is given a second try alone. */
async function run(services: Services, one: Run): Promise<ComputedResponse> {
  const { first, tenant, holder, signal } = one;
  const { isExpensive, workload, cost } = classOf(first.query, tenant, holder, services.cache.rowEstimates);
  const { queries, expensiveQueries, largeQueries } = services.shares;
  const request = { signal, cost };
  const queued = (): Promise<ComputedResponse> =>
    queries.within(holder, () => execute(services, one, workload), request);
  try {
    return await (isExpensive ? expensiveQueries.within(holder, queued, request) : queued());
  } catch (error) {
    if (!isOverItsMemory(error)) throw error;
    return largeQueries.within(holder, () => execute(services, one, 'large'), request);
  }
}

async function execute(
  services: Services,
  { first, again, tenant, signal, begin }: Run,
  workload: Workload,
): Promise<ComputedResponse> {
  const { cache, database, sharding } = services;
  await begin();
  // Clicks that came while it waited for its share count as well: a range that ends now is parsed as of now.
  const { asked, query: parsed, at } = dependsOnNow(first) ? await again() : first;
  const whole = isOfAllTime(asked)
    ? statsQuery(asked, await findOldestClick(services, tenant, workload, asked))
    : parsed;
  const query = await withSameClock(services, whole);
  const options = {
    visitorPlan: chooseVisitorPlan(query, cache.visitorCounts.find(query, tenant)),
    sharding,
    read: (statement: Sql) =>
      database.rows<StatsRow>(statement, {
        workload,
        signal,
        maxSeconds: database.deadlines.statsMs / 1_000,
      }),
  };
  const result = await cache.rowEstimates.learnFrom(query, tenant, async () => {
    const run = await runStats({ query, at }, tenant, options);
    return run.result;
  });
  cache.visitorCounts.learn(query, tenant, result);
  const body = await jsonBytes(result);
  return {
    body,
    tag: await tagOf(body, result.generated_at),
    range: comparedRange(query),
    cacheability: cacheabilityOf(query, at),
  };
}

function dependsOnNow({ asked }: Parsed): boolean {
  return asked.endsNow || asked.keptSince !== undefined;
}

/** @param at when the query was parsed, Unix milliseconds */
function cacheabilityOf(query: StatsQuery, at: number): ComputedResponse['cacheability'] {
  const { endsNow = false, keptSince } = query;
  if (endsNow) return { cacheable: false, reason: 'open_range' };
  const { start } = comparedRange(query);
  return { cacheable: true, untilMs: keptSince === undefined ? Infinity : start + at - keptSince };
}

/** The headers that all stats responses have in common. */
export const STATS_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'private, no-cache',
} as const;
