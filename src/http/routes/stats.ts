import { createHash } from 'node:crypto';
import type { Router } from '@koa/router';
import { shapeAnswer, type StatsRow } from '../../stats/answer.ts';
import { compile } from '../../stats/compile.ts';
import { forAnswer, parseQuestion } from '../../stats/query.ts';
import { type State, signalOf } from '../context.ts';
import type { Services } from '../services.ts';
import { Slots } from '../slots.ts';
import { findTenant, requireKeyForAll } from '../tenant.ts';

/** How long its query may run. */
const MAX_SECONDS = 30;

/** How long a question waits for its turn. */
const TURN_MS = 10_000;
const MAX_WAITING = 1_000;

export function statsRoutes(router: Router<State>, services: Services): void {
  const slots = new Slots({
    count: services.maxQueries,
    waitMs: TURN_MS,
    maxWaiting: MAX_WAITING,
    refusal: 'Too many questions are asked at once: try again in a while.',
  });

  router.get('/api/v1/stats', async (ctx) => {
    requireKeyForAll(ctx);
    const now = services.now();
    const context = { now, timeZones: await services.timeZones(), keptSince: services.keptSince(now) };
    const query = forAnswer(parseQuestion(ctx.query, context));
    const tenant = await findTenant(services, query.subject, ctx.state.principal);
    const signal = signalOf(ctx);
    const compiled = compile(query, tenant);
    const rows = await slots.within(
      () => services.database.rows<StatsRow>(compiled, { signal, maxSeconds: MAX_SECONDS }),
      { signal },
    );
    const answer = shapeAnswer(query, rows, now);
    const body = JSON.stringify(answer);
    ctx.type = 'application/json';
    ctx.set('Cache-Control', 'private, no-cache');
    const tag = tagOf(body, answer.generated_at);
    ctx.etag = `W/"${tag}"`;
    ctx.status = 200;
    if (matches(ctx.get('if-none-match'), tag)) ctx.status = 304;
    else ctx.body = body;
  });
}

/** A tag over everything but the time the answer was made. */
function tagOf(body: string, generatedAt: string): string {
  return createHash('sha256').update(body.replace(generatedAt, '')).digest('base64url').slice(0, 27);
}

/**
 * Whether an If-None-Match header names the tag, weak or strong. (Koa's `fresh` gives way to a `Cache-Control:
 * no-cache`, which fetch adds to such a request by itself.)
 */
function matches(header: string, tag: string): boolean {
  const named = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(`"${tag}"`);
}
