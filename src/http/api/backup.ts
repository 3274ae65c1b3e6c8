import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Router } from '@koa/router';
import { ArchiveError } from '../../backup/archive.ts';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError } from '../../errors.ts';
import { type State, requireAdmin, requirePrincipal, signalOf } from '../request/context.ts';
import type { Services } from '../request/services.ts';

/** Often enough that no client takes a long backup for a dead server. */
const SIGN_OF_LIFE_MS = 5_000;

export function backupRoutes(router: Router<State>, services: Services): void {
  /**
   * Takes a backup and answers where it lies, or what went wrong. The answer begins before that is known, with blanks,
   * so its status tells nothing.
   */
  router.post('/control/backup', (ctx) => {
    requireAdmin(requirePrincipal(ctx));
    const outcome = services.backups
      .take(signalOf(ctx))
      .then((archive) => ({ archive }))
      .catch((error: unknown) => {
        services.log.warn({ failure: failureName(error) }, 'a backup failed');
        return { error: sentenceOf(error) };
      });
    ctx.type = 'application/json';
    ctx.body = Readable.from(onceKnown(outcome), { objectMode: false });
  });
}

async function* onceKnown(outcome: Promise<object>): AsyncGenerator<string> {
  for (;;) {
    const known = await Promise.race([outcome, delay(SIGN_OF_LIFE_MS, undefined, { ref: false })]);
    if (known !== undefined) return yield JSON.stringify(known);
    yield '\n';
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof AppError || error instanceof ArchiveError) return error.message;
  return 'The backup failed; the log says why.';
}
