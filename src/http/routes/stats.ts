import { createHash } from 'node:crypto';
import type { Router } from '@koa/router';
import { AppError } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { shapeAnswer, type StatsRow } from '../../stats/answer.ts';
import { type Tenant, compile } from '../../stats/compile.ts';
import { type Subject, forAnswer, parseQuestion } from '../../stats/query.ts';
import { type Context, type State, requirePrincipal, requireScope, unauthenticated } from '../context.ts';
import type { Services } from '../services.ts';

export function statsRoutes(router: Router<State>, services: Services): void {
  router.get('/api/v1/stats', async (ctx) => {
    requireKeyForAll(ctx);
    const now = services.now();
    const query = forAnswer(parseQuestion(ctx.query, { now, timeZones: await services.timeZones() }));
    const tenant = await findTenant(services, query.subject, ctx.state.principal);
    const rows = await services.database.rows<StatsRow>(compile(query, tenant), { signal: signalOf(ctx) });
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

/** `scope=all` is about the key's owner, so it takes a key before anything else is looked at. */
function requireKeyForAll(ctx: Context): void {
  const scopes = [ctx.query['scope'] ?? ''].flat().map((scope) => scope.trim().toLowerCase());
  if (scopes.every((scope) => scope === '' || scope === 'all')) requirePrincipal(ctx);
}

/**
 * Whose clicks the one who asks may see of what they ask for.
 * @throws AppError 403, 404 or 401, checked in this order: the key's scope, the URL, its privacy
 */
async function findTenant(
  services: Services,
  subject: Subject,
  principal: Principal | undefined,
): Promise<Tenant> {
  if (principal !== undefined) requireScope(principal, 'stats:read', 'urls:read');
  if (subject.scope === 'all') {
    if (principal === undefined) throw unauthenticated('scope=all needs an API key.');
    if (subject.ownerId === undefined) return { kind: 'owner', ownerId: principal.ownerId };
    if (!isAdmin(principal))
      throw new AppError('forbidden', 'owner_id needs a key with admin:all.', { field: 'owner_id' });
    return subject.ownerId === '*' ? { kind: 'every-owner' } : { kind: 'owner', ownerId: subject.ownerId };
  }
  const url = await services.urls.find(subject.shortCode);
  if (url === undefined) throw new AppError('not_found', 'There is no such URL.', { field: 'short_code' });
  if (url.privateStats) {
    if (principal === undefined)
      throw unauthenticated('The statistics of this URL are private: they need a key of its owner.');
    if (principal.ownerId !== url.ownerId && !isAdmin(principal)) {
      throw new AppError('forbidden', 'The statistics of this URL are private to another owner.');
    }
  }
  return { kind: 'url', ownerId: url.ownerId, shortCode: url.shortCode };
}

/** Aborts when the client goes away before it has its answer. */
function signalOf(ctx: Context): AbortSignal {
  const controller = new AbortController();
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) controller.abort();
  });
  return controller.signal;
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
