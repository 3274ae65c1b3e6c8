import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { replaceVisitorSecret } from '../data-dir/secrets.ts';
import { CommandError } from './error-messages.ts';
import { note, noteWait, printJson, startWaiting } from './output.ts';
import { START_WAIT_MS } from './serve-command.ts';

export function restoreCommand(program: Command): void {
  program
    .command('restore')
    .description('Restore a backup into an empty data directory, all of it or nothing.')
    .argument('<file>', 'a file that backup has written')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
No server may run on the data directory, and there may be nothing in it. API keys are those of the backup afterwards.

Example:
  SPOOR_DATA_DIR=./restored spoor restore spoor-2026-01-31.tar`,
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const config = readConfig();
      if (config.clickhouse !== undefined) {
        throw new CommandError(
          'Spoor restores its embedded ClickHouse only: for the one at CLICKHOUSE_URL use its own RESTORE command.',
        );
      }
      if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
        throw new CommandError(`${file} cannot be read: there is no such file.`);
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
          keepSecret: (secret) => replaceVisitorSecret(config.dataDir, secret),
        });
      } finally {
        waiting.stop();
        await close();
      }
      if (json) printJson({ restored: file, data_dir: config.dataDir });
      else note(`Restored ${file} into ${config.dataDir}.`);
    });
}
