import type { ParsedRequest } from '../../cache/parsed-requests.ts';
import type { ComputeView, StatsResponse } from '../../cache/response-cache.ts';
import type { AppError } from '../../errors.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { groupQueries } from '../../stats/merge.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import type { Services } from '../request/services.ts';
import { findTenant } from '../request/tenant.ts';
import { type ParsedStats, computeStats, isOfAllTime } from './compute-stats.ts';
import { type Asker, type Question, parseQuestion } from './stats-response.ts';

/** What one of several questions comes to. */
export type BatchResult =
  | {
      readonly response: StatsResponse;
      /** The number of its view: those with the same one are of one query. */
      readonly view: number;
    }
  | { readonly error: AppError };

/** A question whose clicks the client may see. */
interface Prepared {
  readonly parsed: ParsedStats;
  readonly request: ParsedRequest;
  readonly tenant: Tenant;
}

/** A distinct question, and the places at which it was put. */
interface Distinct extends Prepared {
  readonly places: number[];
}
/**
 * The results of several questions, in their order, as of one moment. Equal ones are computed once, and those that one
 * query can answer by one, of one view; the queries of a batch run one after the other.
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
      const key = JSON.stringify([prepared.tenant, prepared.request.digest]);
      const known = distinct.get(key);
      if (known === undefined) distinct.set(key, { ...prepared, places: [place] });
      else known.places.push(place);
    } catch (error) {
      fail([place], error);
    }
    await yieldIfDue();
  }
  const views = viewsOf([...distinct.values()]);
  for (const [index, view] of views.entries()) {
    const isOwnView = views.length > 1 && view.some(({ request }) => request.isOpen);
    try {
      const responses = await respond(services, asker, view, isOwnView);
      for (const [place, response] of responses.entries()) {
        for (const of of view[place]?.places ?? []) results[of] = { response, view: index + 1 };
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

async function prepare(
  services: Services,
  { principal }: Asker,
  question: Question,
  at: number,
): Promise<Prepared> {
  const parsed = await parseQuestion(services, question, at);
  const request = services.cache.addRequest(question.text, parsed.asked);
  return { parsed, request, tenant: await findTenant(services, request.subject, principal) };
}

/** The questions that are answered by one query each, in the order of their first ones. */
function viewsOf(questions: readonly Distinct[]): readonly (readonly Distinct[])[] {
  const byTenant = new Map<string, Distinct[]>();
  for (const question of questions) {
    // Of all time is not what it seems until the oldest click is known.
    const key = JSON.stringify([question.tenant, isOfAllTime(question.parsed.asked)]);
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
  { holder, signal }: Asker,
  view: readonly Distinct[],
  isOwnView: boolean,
): Promise<readonly StatsResponse[]> {
  const [first] = view;
  if (first === undefined) return [];
  const { tenant } = first;
  const parsed = view.map((one) => one.parsed);
  const requests = view.map(({ request }) => request);
  const compute: ComputeView = (signal, begin) =>
    computeStats(services, { parsed, tenant, holder, signal, begin });
  return services.cache.respond(requests, { tenant, holder, isOwnView }, signal, compute);
}
