import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { noteWait, printJson, printLine } from './output.ts';
import { START_WAIT_MS } from './serve-command.ts';

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('Create or update the tables in ClickHouse. Each start of the server does the same.')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  CLICKHOUSE_URL=http://clickhouse:8123 SPOOR_VISITOR_SECRET=… spoor migrate',
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { openClickHouse } = await import('../clickhouse/open.ts');
      const { migrated, close } = await openClickHouse(readConfig(), {
        waitForDataDirMs: START_WAIT_MS,
        onWait: noteWait,
      });
      await close();
      if (json) printJson({ migrated });
      else
        printLine(migrated.length === 0 ? 'The tables are up to date.' : `Applied: ${migrated.join(', ')}`);
    });
}
