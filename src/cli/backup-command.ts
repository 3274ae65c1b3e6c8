import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Config, readConfig } from '../config.ts';
import { ARCHIVE_FOLDER } from '../process/package-root.ts';
import { withClient } from './client.ts';
import { DraftFile } from './draft-file.ts';
import { CommandError } from './error-messages.ts';
import { grouped, note, printJson, startWaiting } from './output.ts';

interface BackupOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

/** It holds the visitors' secret. */
const OWNER_ALONE = 0o600;

const outcomeSchema = z.union([z.object({ archive: z.string() }), z.object({ error: z.string() })]);

export function backupCommand(program: Command): void {
  program
    .command('backup')
    .description(
      'Write everything into one file: clicks, URLs, keys, and the secret that knows visitors again.',
    )
    .argument('<file>', 'the file to write; keep it as safe as the data directory')
    .option('--force', 'replace the file when it is there')
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Works while the server serves; every click acknowledged before is in the file. Only its owner may read the file.

Example:
  spoor backup spoor-2026-01-31.tar`,
    )
    .action(async (file: string, { force = false, json }: BackupOptions) => {
      const target = targetOf(file, force);
      const bytes = await save(readConfig(), target);
      if (json) printJson({ file, bytes });
      else note(`${file}: ${grouped(bytes)} bytes.`);
    });
}

/** The plain file that is meant, behind links too. @throws CommandError when it must not or cannot be written */
function targetOf(file: string, force: boolean): string {
  const path = resolve(file);
  if (!existsSync(dirname(path)))
    throw new CommandError(`${file} cannot be written: there is no such folder.`);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
  if (!existsSync(path) || !statSync(path).isFile()) throw new CommandError(`${file} is not a plain file.`);
  if (!force) throw new CommandError(`${file} is there already: add --force to replace it.`);
  return realpathSync(path);
}

/** Writes the file under its name only once it is whole. */
async function save(config: Config, file: string): Promise<number> {
  const unwritten = (cause: unknown): unknown =>
    cause instanceof Error && 'code' in cause
      ? new CommandError(`${file} cannot be written (${String(cause.code)}).`, { cause })
      : cause;
  return withClient(config, async (client) => {
    const waiting = startWaiting('Backing up');
    let draft: DraftFile | undefined;
    try {
      draft = await DraftFile.open(file, OWNER_ALONE);
      const outcome = outcomeSchema.parse(await client.request('POST', '/control/backup'));
      if ('error' in outcome) throw new CommandError(outcome.error);
      await draft.moveIn(join(config.dataDir, ARCHIVE_FOLDER, outcome.archive));
      await draft.keep();
      return statSync(file).size;
    } catch (cause) {
      await draft?.discard();
      throw unwritten(cause);
    } finally {
      waiting.stop();
    }
  });
}
