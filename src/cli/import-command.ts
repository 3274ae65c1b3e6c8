import { basename } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES, type ImportFormatName } from '../clicks/import/formats.ts';
import { MOST_RECORD_LINES } from '../clicks/import/records.ts';
import { messageOf } from '../errors.ts';
import { COMMAND } from '../process/package-root.ts';
import { type Client, withClient } from './client.ts';
import { CommandError } from './command-error.ts';
import { openRecords } from './file-records.ts';
import { importFile } from './import-file.ts';
import { type ImportOptions, importOptions, readingOptionsOf } from './import-options.ts';
import { type ImportSource, failureOf, findSource } from './import-source.ts';
import { type ImportReport, type ReasonCounts, emptyReport, mergeReports } from './import-report.ts';
import { formatTable, grouped, printJson, printLine, startProgress } from './output.ts';
import { pageAddress } from './page-address.ts';

export function importCommand(program: Command): void {
  importOptions(
    program
      .command('import')
      .description(
        'Import clicks from files, plain or packed; - is standard input. Importing a file again adds only its new lines.',
      )
      .argument('<file...>'),
  )
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
  spoor import access.log.2.gz --owner me --except static
  zcat logs/*.gz | spoor import -
  spoor import clicks.ndjson clicks.csv
  spoor import go.log --log-format '$remote_addr [$time_local] "$request" $status'`,
    )
    .action(async (files: readonly string[], options: ImportOptions) => {
      const sources = files.map(findSource);
      const { reports, server } = await withClient(readConfig(), async (client) => {
        const done: FileReport[] = [];
        for (const source of sources) done.push(await importSource(client, source, options));
        return { reports: done, server: client.url };
      });
      const total = reports.map(({ report }) => report).reduce(mergeReports, emptyReport());
      const command = statsCommandFor(total, options.owner);
      const address = server === undefined ? null : pageAddressFor(server, total, options.owner);
      if (options.json) {
        printJson({
          ...total,
          stats_command: command,
          page_url: address,
          files: reports.map(({ file, format, report }) => ({ file, format, ...report })),
        });
      } else {
        for (const { file, recognised, report } of reports) {
          if (recognised !== undefined) printLine(`${file}: recognised as ${recognised}`);
          printReport(file, report);
        }
        if (reports.length > 1) printReport('total', total);
        if (command !== null) printLine(`Show them:\n  ${command}`);
        if (address !== null) printLine(`In a browser:\n  ${address}`);
      }
    });
}

function formatList(): string {
  const width = Math.max(...IMPORT_FORMAT_NAMES.map((name) => name.length));
  return IMPORT_FORMAT_NAMES.map(
    (name) => `  ${name.padEnd(width)}  ${IMPORT_FORMATS[name].description}`,
  ).join('\n');
}

/** What became of one file. */
interface FileReport {
  readonly file: string;
  /** Null for a file without lines, and for `--log-format`. */
  readonly format: ImportFormatName | null;
  /** The format, if its content told it. */
  readonly recognised: string | undefined;
  readonly report: ImportReport;
}

async function importSource(
  client: Client,
  source: ImportSource,
  options: ImportOptions,
): Promise<FileReport> {
  const { name: file, size, isPipe, open } = source;
  const progress = startProgress(`Importing ${basename(file)}`, size, 'bytes');
  let read = 0;
  const onBytes = (bytes: number): void => {
    read = bytes;
    progress.update(bytes);
  };
  try {
    const records = await openRecords(file, counted(open(), onBytes), readingOptionsOf(options));
    if (isPipe && read === 0) throw new CommandError('the pipe ended without any data.');
    if (records === undefined) return { file, format: null, recognised: undefined, report: emptyReport() };
    const report = await importFile(client, records, { owner: options.owner });
    const { format, log_format: notation } = records.reading;
    const isGiven = notation !== undefined || options.format !== undefined;
    return {
      file,
      format: notation === undefined ? format : null,
      recognised: isGiven ? undefined : format,
      report,
    };
  } catch (cause) {
    const isSystem = cause instanceof Error && 'syscall' in cause;
    const sentence = isSystem ? `cannot be read: ${failureOf(cause)}.` : messageOf(cause);
    throw new CommandError(`${file}: ${sentence}`, { cause });
  } finally {
    progress.stop();
  }
}

async function* counted(
  stream: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    onBytes(bytes);
    yield chunk;
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
