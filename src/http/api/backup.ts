import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ArchiveError } from '../../backup/archive.ts';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError } from '../../errors.ts';
import { signalOf } from '../request/context.ts';
import { administrators } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { noParameters } from '../route/declared-parameters.ts';
import { internalRoute } from '../route/route.ts';

/** Often enough that no client takes a long backup for a dead server. */
const KEEP_ALIVE_MS = 5_000;

/**
 * Writes a backup and responds with its path, or with what went wrong. The response begins with blank lines before that is
 * known, so its status is always 200.
 */
const writeBackup = internalRoute({
  method: 'post',
  path: '/control/backup',
  access: administrators,
  parameters: noParameters,
  body: noBody,
  sample: { path: '/control/backup' },
  handler:
    ({ backups, log }) =>
    ({ ctx }) => {
      const outcome = backups
        .take(signalOf(ctx))
        .then((archive) => ({ archive }))
        .catch((error: unknown) => {
          log.warn({ failure: failureName(error) }, 'a backup failed');
          return { error: sentenceOf(error) };
        });
      return {
        status: 200,
        headers: { 'Content-Type': 'application/json; charset=utf-8' },
        body: Readable.from(onceKnown(outcome), { objectMode: false }),
      };
    },
});

export const BACKUP_ROUTES = [writeBackup] as const;

async function* onceKnown(outcome: Promise<object>): AsyncGenerator<string> {
  for (;;) {
    const known = await Promise.race([outcome, delay(KEEP_ALIVE_MS, undefined, { ref: false })]);
    if (known !== undefined) return yield JSON.stringify(known);
    yield '\n';
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof AppError || error instanceof ArchiveError) return error.message;
  return 'The backup failed; the log says why.';
}
