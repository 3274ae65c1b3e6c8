import type { Router } from '@koa/router';
import { unavailable } from '../../errors.ts';
import type { State } from '../request/context.ts';
import type { HealthAnswer, ReadyAnswer } from '../openapi/answers.ts';
import type { Services } from '../request/services.ts';

export function healthRoutes(router: Router<State>, { database, metrics }: Services): void {
  router.get('/health', (ctx) => {
    ctx.body = { status: 'ok' } satisfies HealthAnswer;
  });

  router.get('/ready', async (ctx) => {
    if (!(await database.answers())) throw unavailable('ClickHouse does not answer.');
    ctx.body = { status: 'ready' } satisfies ReadyAnswer;
  });

  router.get('/metrics', async (ctx) => {
    ctx.set('Content-Type', metrics.registry.contentType);
    ctx.body = await metrics.registry.metrics();
  });
}
