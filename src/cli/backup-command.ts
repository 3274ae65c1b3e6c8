import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Config, readConfig } from '../config.ts';
import { ARCHIVE_FOLDER } from '../data-dir/data-dir.ts';
import { withClient } from './client.ts';
import { DraftFile } from './draft-file.ts';
import { CommandError } from './command-error.ts';
import { grouped, note, printJson, startWaiting } from './output.ts';

interface BackupOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

/** The backup contains the visitor secret. */
const OWNER_ONLY = 0o600;

const outcomeSchema = z.union([z.object({ archive: z.string() }), z.object({ error: z.string() })]);

export function backupCommand(program: Command): void {
  program
    .command('backup')
    .description('Back up clicks, URLs, keys and the visitor secret into one file.')
    .argument('<file>', 'file to write; keep it as safe as the data directory')
    .option('--force', 'replace an existing file')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
The server may keep running. The file contains every click acknowledged before. Only its owner can read it.

Example:
  spoor backup spoor-2026-01-31.tar`,
    )
    .action(async (file: string, { force = false, json }: BackupOptions) => {
      const target = resolveTarget(file, force);
      const bytes = await save(readConfig(), target);
      if (json) printJson({ file, bytes });
      else note(`${file}: ${grouped(bytes)} bytes.`);
    });
}

/** The path to write, with links resolved. @throws CommandError when it must not or cannot be written */
function resolveTarget(file: string, force: boolean): string {
  const path = resolve(file);
  if (!existsSync(dirname(path))) throw new CommandError(`Cannot write ${file}: its folder does not exist.`);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
  if (!existsSync(path) || !statSync(path).isFile())
    throw new CommandError(`Cannot write ${file}: it is not a regular file.`);
  if (!force) throw new CommandError(`${file} already exists: add --force to replace it.`);
  return realpathSync(path);
}

/** Backs up into `file`, which appears under its name only once it is complete. */
async function save(config: Config, file: string): Promise<number> {
  const asCommandError = (cause: unknown): unknown =>
    cause instanceof Error && 'code' in cause
      ? new CommandError(`Cannot write ${file} (${String(cause.code)}).`, { cause })
      : cause;
  return withClient(config, async (client) => {
    const waiting = startWaiting('Backing up');
    let draft: DraftFile | undefined;
    try {
      draft = await DraftFile.open(file, OWNER_ONLY);
      const outcome = outcomeSchema.parse(await client.request('POST', '/control/backup'));
      if ('error' in outcome) throw new CommandError(outcome.error);
      await draft.moveIn(join(config.dataDir, ARCHIVE_FOLDER, outcome.archive));
      await draft.commit();
      return statSync(file).size;
    } catch (cause) {
      await draft?.discard();
      throw asCommandError(cause);
    } finally {
      waiting.stop();
    }
  });
}
