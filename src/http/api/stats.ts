import type { Router } from '@koa/router';
import type { MadeAnswer, MakeAnswer, SentAnswer } from '../../cache/response-cache.ts';
import { nameOf } from '../../cache/cache-keys.ts';
import { isOverItsMemory } from '../../clickhouse/failures.ts';
import type { Workload } from '../../clickhouse/workloads.ts';
import type { Holder } from '../../fair-share/holder.ts';
import type { ShapedList, StatsRow } from '../../stats/result/stats-result.ts';
import { type ComparedAnswer, compileCompared, comparedRange, shapeCompared } from '../../stats/compare.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { type Question, type StatsQuery, forAnswer, parseAnswerQuestion } from '../../stats/parse/query.ts';
import { chooseVisitorPlan } from '../../stats/sql/visitor-plan.ts';
import { jsonBytes, tagOf } from '../response/json-body.ts';
import { type Context, type State, signalOf } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { ANSWER_HEADERS, etagOf, findKept, namesTag } from '../response/cached.ts';
import { holderOf } from '../request/share-holder.ts';
import { classOf } from '../request/query-class.ts';
import { findTenant, requireKeyForAll } from '../request/tenant.ts';

/** How long its query may run. */
const MAX_SECONDS = 30;

/** A question as it was read at a moment. */
interface ReadQuestion {
  readonly question: Question;
  readonly query: StatsQuery;
  /** Unix milliseconds. */
  readonly at: number;
}

export function statsRoutes(router: Router<State>, services: Services): void {
  const { answers, database, knownClicks: known, spread } = services;

  const read = async (ctx: Context): Promise<ReadQuestion> => {
    const timeZones = await services.timeZones();
    const at = services.now();
    const context = { now: at, timeZones, keptSince: services.keptSince(at) };
    const question = parseAnswerQuestion(ctx.query, context);
    return { question, query: forAnswer(question), at };
  };

  const maker =
    (ctx: Context, first: ReadQuestion, tenant: Tenant, holder: Holder): MakeAnswer =>
    async (signal, begin) => {
      const { isDear, workload, cost } = classOf(first.query, tenant, holder, services.estimates);
      const ask = async (workload: Workload): Promise<MadeAnswer> => {
        await begin();
        // Clicks that came while it waited for its turn count as well: what is said of now is read anew.
        const { query, at } = dependsOnNow(first) ? await read(ctx) : first;
        const plan = chooseVisitorPlan(query, known.find(query, tenant));
        const options = { workload, signal, maxSeconds: MAX_SECONDS };
        const answer = await services.estimates.learnFrom(query, tenant, async () => {
          const rows = await database.rows<StatsRow>(compileCompared(query, tenant, plan, spread), options);
          return shapeCompared(query, rows, at);
        });
        known.learn(query, tenant, answer);
        return made(query, answer, at);
      };
      const { questions, dearQuestions, largeQuestions } = services.shares;
      const request = { signal, cost };
      const queued = (): Promise<MadeAnswer> => questions.within(holder, () => ask(workload), request);
      try {
        return await (isDear ? dearQuestions.within(holder, queued, request) : queued());
      } catch (error) {
        if (!isOverItsMemory(error)) throw error;
        return largeQuestions.within(holder, () => ask('large'), request);
      }
    };

  const ask = async (ctx: Context): Promise<SentAnswer> => {
    requireKeyForAll(ctx);
    const first = await read(ctx);
    const { question, at } = first;
    const tenant = await findTenant(services, question.subject, ctx.state.principal);
    const signal = signalOf(ctx);
    const holder = holderOf(services, ctx);
    const make = maker(ctx, first, tenant, holder);
    if (answers === undefined) return make(signal, async () => {});
    const name = nameOf(answers.questions.remember(ctx.querystring, question, at), tenant);
    return answers.answer({ name, tenant, holder, isOver: question.end < at }, signal, make);
  };

  router.get('/api/v1/stats', async (ctx) => {
    const answer = (await findKept(services, ctx.querystring, ctx.state.principal)) ?? (await ask(ctx));
    ctx.status = 200;
    ctx.set(ANSWER_HEADERS);
    ctx.set('ETag', etagOf(answer));
    if (namesTag(ctx.get('if-none-match'), answer.tag)) ctx.status = 304;
    else ctx.body = answer.body;
  });
}

function dependsOnNow({ question, at }: ReadQuestion): boolean {
  return question.end >= at || question.keptSince !== undefined;
}

/** @param at when the question was read, Unix milliseconds */
async function made(query: StatsQuery, answer: ComparedAnswer<ShapedList>, at: number): Promise<MadeAnswer> {
  const body = await jsonBytes(answer);
  return {
    body,
    tag: await tagOf(body, answer.generated_at),
    range: comparedRange(query),
    isFixedUntil: fixedUntil(query, at),
  };
}

/** Until when nothing enters or leaves a question's ranges just because time goes on. */
function fixedUntil(query: StatsQuery, at: number): number | undefined {
  const { keptSince } = query;
  const { start, end } = comparedRange(query);
  if (end >= at) return undefined;
  return keptSince === undefined ? Infinity : start + at - keptSince;
}
