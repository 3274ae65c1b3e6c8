import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { readConfig } from '../config.ts';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES, type ImportFormatName } from '../clicks/import/formats.ts';
import { MOST_RECORD_LINES } from '../clicks/import/records.ts';
import { messageOf } from '../errors.ts';
import { COMMAND } from '../process/package-root.ts';
import { type Client, withClient } from './client.ts';
import { CommandError } from './command-error.ts';
import { importFile } from './import-file.ts';
import { type ImportSource, failureOf, findSource } from './import-source.ts';
import { type ImportReport, type ReasonCounts, emptyReport, mergeReports } from './import-report.ts';
import { formatTable, grouped, printJson, printLine, startProgress } from './output.ts';
import { pageAddress } from './page-address.ts';
import { notEmpty } from './stats-options.ts';

interface ImportOptions {
  readonly format?: ImportFormatName;
  readonly owner: string;
  readonly json?: boolean;
}

export function importCommand(program: Command): void {
  program
    .command('import')
    .description(
      'Import clicks from files, plain or gzipped; - is standard input. Importing a file again adds only its new lines.',
    )
    .argument('<file...>')
    .addOption(
      new Option('--format <name>', 'format of the files, if their names do not tell it').choices(
        IMPORT_FORMAT_NAMES,
      ),
    )
    .option('--owner <id>', 'owner of new URLs', notEmpty, 'admin')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Formats:
${formatList()}

A line longer than 1 MiB is rejected. In CSV, a quoted cell may contain line breaks; a row may have up to ${MOST_RECORD_LINES} lines
and 64 KiB. If its quotes are not closed by then, or close in the middle of a cell, only its first line is rejected and
parsing continues with the next line. The names in the header line must fit into 64 KiB. The short codes . and .. are
rejected. Of other fields, what is too long is cut and what is wrong left out; the line counts, and a warning names the field.

Examples:
  spoor import access.log.gz --format combined --owner me
  zcat logs/*.gz | spoor import - --format combined
  spoor import clicks.ndjson clicks.csv`,
    )
    .action(async (files: readonly string[], options: ImportOptions) => {
      const sources = files.map((name) => findSource(name, options.format));
      const { reports, server } = await withClient(readConfig(), async (client) => {
        const done: [string, ImportReport][] = [];
        for (const source of sources) {
          done.push([source.name, await importSource(client, source, options.owner)]);
        }
        return { reports: done, server: client.url };
      });
      const total = reports.map(([, report]) => report).reduce(mergeReports, emptyReport());
      const command = statsCommandFor(total, options.owner);
      const address = server === undefined ? null : pageAddressFor(server, total, options.owner);
      if (options.json) {
        printJson({
          ...total,
          stats_command: command,
          page_url: address,
          files: reports.map(([file, report]) => ({ file, ...report })),
        });
      } else {
        for (const [file, report] of reports) printReport(file, report);
        if (reports.length > 1) printReport('total', total);
        if (command !== null) printLine(`Show them:\n  ${command}`);
        if (address !== null) printLine(`In a browser:\n  ${address}`);
      }
    });
}

function formatList(): string {
  return IMPORT_FORMAT_NAMES.map((name) => {
    const { description, endings } = IMPORT_FORMATS[name];
    return `  ${name.padEnd(10)} ${description} (${endings.join(', ')})`;
  }).join('\n');
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
    if (isPipe && read === 0) throw new CommandError('the pipe ended without any data.');
    return report;
  } catch (cause) {
    const isSystem = cause instanceof Error && 'syscall' in cause;
    const sentence = isSystem ? `cannot be read: ${failureOf(cause)}.` : messageOf(cause);
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
  printReasons('REJECTED', report.rejected);
  printReasons('WARNING', report.warnings);
  if (report.first_click !== null)
    printLine(`  first click ${report.first_click}, last click ${report.last_click}`);
}

function printReasons(title: string, reasons: ReasonCounts): void {
  const rows = Object.entries(reasons).map(([reason, { count, lines }]) => [
    `  ${reason}`,
    count,
    lines.join(', '),
  ]);
  if (rows.length > 0) printLine(formatTable([`  ${title}`, 'COUNT', 'FIRST LINES'], rows));
}

/** A command that shows the imported clicks; null if there are none. */
function statsCommandFor(report: ImportReport, owner: string): string | null {
  if (report.first_click === null || report.last_click === null) return null;
  const quoted = /^[\w.@-]+$/.test(owner) ? owner : `'${owner.replaceAll("'", `'\\''`)}'`;
  return `${COMMAND} stats --owner ${quoted} --start-date ${report.first_click} --end-date ${report.last_click}`;
}

/** The address of the page with the imported clicks; null if there are none. */
function pageAddressFor(server: string, report: ImportReport, owner: string): string | null {
  const { first_click: start, last_click: end } = report;
  return start === null || end === null ? null : pageAddress(server, { owner, start, end });
}
