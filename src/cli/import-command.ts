import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { readConfig } from '../config.ts';
import { IMPORT_FORMAT_NAMES, type ImportFormatName } from '../clicks/import/formats.ts';
import { MOST_RECORD_LINES } from '../clicks/import/records.ts';
import { messageOf } from '../errors.ts';
import { type Client, withClient } from './client.ts';
import { CommandError } from './error-messages.ts';
import { importFile } from './import-file.ts';
import { type ImportSource, failureOf, findSource } from './import-source.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';
import { formatTable, grouped, printJson, printLine, startProgress } from './output.ts';
import { notEmpty } from './query-options.ts';

interface ImportOptions {
  readonly format?: ImportFormatName;
  readonly owner: string;
  readonly json?: boolean;
}

export function importCommand(program: Command): void {
  program
    .command('import')
    .description(
      'Import clicks from files, each also gzipped; - is standard input. Again over the same file, or one that grew, it adds only what is new.',
    )
    .argument('<file...>')
    .addOption(
      new Option('--format <name>', 'the format, where the file name does not tell it').choices(
        IMPORT_FORMAT_NAMES,
      ),
    )
    .option('--owner <id>', 'owner of the URLs that are new', notEmpty, 'admin')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A line that is longer than 1 MiB is rejected whole. In CSV a cell in quotes may hold line breaks: a row may have
${MOST_RECORD_LINES} lines and 64 KiB. Where its quotes have not closed by then, or close in the midst of a cell, its first line alone
is rejected, and reading goes on with the next. The header line's names must fit into 64 KiB. Codes . and .. are
rejected.

Examples:
  spoor import access.log.gz --format combined --owner me
  zcat logs/*.gz | spoor import - --format combined
  spoor import clicks.ndjson clicks.csv`,
    )
    .action(async (files: readonly string[], options: ImportOptions) => {
      const sources = files.map((name) => findSource(name, options.format));
      const reports = await withClient(readConfig(), async (client) => {
        const done: [string, ImportReport][] = [];
        for (const source of sources) {
          done.push([source.name, await importSource(client, source, options.owner)]);
        }
        return done;
      });
      const total = reports.map(([, report]) => report).reduce(mergeReports, emptyReport());
      const command = statsCommandFor(total, options.owner);
      if (options.json) {
        printJson({
          ...total,
          stats_command: command,
          files: reports.map(([file, report]) => ({ file, ...report })),
        });
      } else {
        for (const [file, report] of reports) printReport(file, report);
        if (reports.length > 1) printReport('in all', total);
        if (command !== null) printLine(`Show them:\n  ${command}`);
      }
    });
}

async function importSource(client: Client, source: ImportSource, owner: string): Promise<ImportReport> {
  const { name, format, size, isPipe, open } = source;
  const progress = startProgress(`Importing ${basename(name)}`, size, 'bytes');
  let read = 0;
  const onBytes = (bytes: number): void => {
    read = bytes;
    progress.update(bytes);
  };
  try {
    const report = await importFile(client, open(), { format, owner, onBytes });
    if (isPipe && read === 0) throw new CommandError('it ended before anything came through it.');
    return report;
  } catch (cause) {
    const isSystem = cause instanceof Error && 'syscall' in cause;
    const sentence = isSystem ? `it cannot be read: ${failureOf(cause)}.` : messageOf(cause);
    throw new CommandError(`${name}: ${sentence}`, { cause });
  } finally {
    progress.stop();
  }
}

function printReport(name: string, report: ImportReport): void {
  printLine(`${name}: ${grouped(report.read)} read, ${grouped(report.accepted)} accepted`);
  const skipped = Object.entries(report.skipped);
  if (skipped.length > 0) {
    printLine(
      formatTable(
        ['  SKIPPED', 'COUNT'],
        skipped.map(([reason, count]) => [`  ${reason}`, count]),
      ),
    );
  }
  const rejected = Object.entries(report.rejected);
  if (rejected.length > 0) {
    printLine(
      formatTable(
        ['  REJECTED', 'COUNT', 'FIRST LINES'],
        rejected.map(([reason, { count, lines }]) => [`  ${reason}`, count, lines.join(', ')]),
      ),
    );
  }
  if (report.first_click !== null)
    printLine(`  first click ${report.first_click}, last click ${report.last_click}`);
}

/** A command line that shows what was imported; null when that is nothing. */
function statsCommandFor(report: ImportReport, owner: string): string | null {
  if (report.first_click === null || report.last_click === null) return null;
  const quoted = /^[\w.@-]+$/.test(owner) ? owner : `'${owner.replaceAll("'", `'\\''`)}'`;
  return `npm run spoor -- stats --owner ${quoted} --start-date ${report.first_click} --end-date ${report.last_click}`;
}
