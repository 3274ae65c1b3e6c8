import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { replaceVisitorSecret } from '../data-dir/secrets.ts';
import { CommandError } from './command-error.ts';
import { note, noteWait, printJson, startWaiting } from './output.ts';
import { START_WAIT_MS } from './serve-command.ts';

export function restoreCommand(program: Command): void {
  program
    .command('restore')
    .description('Restore a backup into an empty data directory: all of it or nothing.')
    .argument('<file>', 'file written by `backup`')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
No server may be running on the data directory, and the directory must be empty. Afterwards the backup's API keys are valid.

Example:
  SPOOR_DATA_DIR=./restored spoor restore spoor-2026-01-31.tar`,
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const config = readConfig();
      if (config.clickhouse !== undefined) {
        throw new CommandError(
          'Spoor restores only its embedded ClickHouse. For the server at CLICKHOUSE_URL, use its own RESTORE command.',
        );
      }
      if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
        throw new CommandError(`Cannot read ${file}: no such file.`);
      }
      const { openClickHouse } = await import('../clickhouse/open.ts');
      const { restoreBackup } = await import('../backup/restore-backup.ts');
      const { database, server, close } = await openClickHouse(config, {
        waitForDataDirMs: START_WAIT_MS,
        onWait: noteWait,
      });
      const waiting = startWaiting('Restoring');
      try {
        await restoreBackup(resolve(file), {
          database,
          server,
          dataDir: config.dataDir,
          visitorSecret: config.visitorSecret,
          storeSecret: (secret) => replaceVisitorSecret(config.dataDir, secret),
        });
      } finally {
        waiting.stop();
        await close();
      }
      if (json) printJson({ restored: file, data_dir: config.dataDir });
      else note(`Restored ${file} into ${config.dataDir}.`);
    });
}
