import { type ParsedRequest, parsedRequest } from '../../cache/parsed-requests.ts';
import type { CountCacheRequest } from '../../cache/cache-outcome.ts';
import type { ComputeView } from '../../cache/response-cache.ts';
import type { StatsResponse } from '../../cache/stored-responses.ts';
import type { AppError } from '../../errors.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { groupQueries } from '../../stats/merge.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import type { Services } from '../request/services.ts';
import { findTenant } from '../request/tenant.ts';
import { ResponseRoom } from './response-room.ts';
import { type ParsedStats, computeStats, isOfAllTime } from './compute-stats.ts';
import { type Asker, type Question, explainParsed, parseQuestion } from './stats-response.ts';

/** The result of one query of a batch. */
export type BatchResult =
  | {
      readonly response: StatsResponse;
      /** The number of its view: those with the same one are of one query. */
      readonly view: number;
    }
  | { readonly error: AppError };

/** A query whose clicks the client may see. */
interface Prepared {
  readonly parsed: ParsedStats;
  readonly question: Question;
  readonly request: ParsedRequest;
  readonly tenant: Tenant;
}

/** A distinct query, and its places in the batch. */
interface Distinct extends Prepared {
  readonly places: number[];
}
/**
 * The results of a batch of queries, in their order, all for the same moment. Equal ones are computed once, and those that can share a
 * ClickHouse query do so and have one view. The ClickHouse queries of a batch run one after the other.
 * @param toAppError what a client is told of a failure
 * @throws the signal's reason when the client disconnects
 */
export async function statsBatch(
  services: Services,
  asker: Asker,
  questions: readonly (() => Question)[],
  toAppError: (error: unknown) => AppError,
): Promise<readonly BatchResult[]> {
  const results: BatchResult[] = [];
  const fail = (places: readonly number[], error: unknown): void => {
    asker.signal.throwIfAborted();
    for (const place of places) results[place] = { error: toAppError(error) };
  };
  const distinct = new Map<string, Distinct>();
  const at = services.now();
  const yieldIfDue = timeSlices();
  for (const [place, question] of questions.entries()) {
    try {
      const prepared = await prepare(services, asker, question(), at);
      const { tenant, request, question: asked } = prepared;
      const key = JSON.stringify([tenant, request.digest, asked.isExplained]);
      const known = distinct.get(key);
      if (known === undefined) distinct.set(key, { ...prepared, places: [place] });
      else known.places.push(place);
    } catch (error) {
      fail([place], error);
    }
    await yieldIfDue();
  }
  const views = viewsOf([...distinct.values()]);
  const room = new ResponseRoom();
  for (const [index, view] of views.entries()) {
    const isOwnView = views.length > 1 && view.some(({ request }) => request.isOpen);
    try {
      const responses = await respond(services, asker, view, isOwnView);
      for (const [place, response] of responses.entries()) {
        for (const of of view[place]?.places ?? []) {
          room.take(response.body.length);
          results[of] = { response, view: index + 1 };
        }
      }
    } catch (error) {
      fail(
        view.flatMap(({ places }) => places),
        error,
      );
    }
  }
  return results;
}

async function prepare(services: Services, asker: Asker, question: Question, at: number): Promise<Prepared> {
  const { principal, times } = asker;
  const parsed = await times.measure('parse', () => parseQuestion(services, asker, question, { at }));
  const request = parsedRequest(parsed.asked);
  return { parsed, question, request, tenant: await findTenant(services, request.subject, principal) };
}

/** Groups the queries that share a ClickHouse query, in the order of the first one of each group. */
function viewsOf(questions: readonly Distinct[]): readonly (readonly Distinct[])[] {
  const byTenant = new Map<string, Distinct[]>();
  for (const question of questions) {
    // The range of `range=all` is known only once the oldest click is looked up.
    const { isExplained = false, text } = question.question;
    const key = JSON.stringify([
      question.tenant,
      isOfAllTime(question.parsed.asked),
      // It tells of its own query alone.
      isExplained ? text : null,
    ]);
    byTenant.set(key, [...(byTenant.get(key) ?? []), question]);
  }
  return [...byTenant.values()]
    .flatMap((own) =>
      groupQueries(own.map(({ parsed }) => parsed.query)).map((places) =>
        places.flatMap((at) => own[at] ?? []),
      ),
    )
    .toSorted(([one], [other]) => (one?.places[0] ?? 0) - (other?.places[0] ?? 0));
}

/** @param isOwnView what is cached would be of another moment than the other views */
async function respond(
  services: Services,
  asker: Asker,
  view: readonly Distinct[],
  isOwnView: boolean,
): Promise<readonly StatsResponse[]> {
  const [first] = view;
  if (first === undefined) return [];
  const { tenant } = first;
  if (first.question.isExplained === true) {
    return [await explainParsed(services, asker, { parsed: first.parsed, tenant })];
  }
  const { holder, times } = asker;
  const parsed = view.map((one) => one.parsed);
  const requests = view.map(({ request }) => request);
  const compute: ComputeView = (signal, begin) =>
    computeStats(services, { ...asker, parsed, tenant, signal, begin });
  const told: CountCacheRequest = (outcome) => times.addOutcome(outcome);
  return services.cache.respond(requests, { tenant, holder, isOwnView, told }, asker.signal, compute);
}
