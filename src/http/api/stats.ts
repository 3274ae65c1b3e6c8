import type { Router } from '@koa/router';
import type { State } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { matchesTag, weakEtag } from '../response/etag.ts';
import { STATS_HEADERS, statsResponse } from '../response/stats-response.ts';

export function statsRoutes(router: Router<State>, services: Services): void {
  router.get('/api/v1/stats', async (ctx) => {
    const response = await statsResponse(services, ctx);
    ctx.status = 200;
    ctx.set(STATS_HEADERS);
    ctx.set('ETag', weakEtag(response.tag));
    if (matchesTag(ctx.get('if-none-match'), response.tag)) ctx.status = 304;
    else ctx.body = response.body;
  });
}
