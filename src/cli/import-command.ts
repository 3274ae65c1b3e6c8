import { basename } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES, type ImportFormatName } from '../clicks/import/formats.ts';
import { LOG_PREFIXES, LOG_PREFIX_NAMES } from '../clicks/import/log-prefix.ts';
import { type ImportOptions, readingOptionsOf } from '../clicks/import/options.ts';
import { MOST_RECORD_LINES } from '../clicks/import/records.ts';
import { messageOf } from '../errors.ts';
import { COMMAND } from '../process/package-root.ts';
import { type Client, withClient } from './client.ts';
import { CommandError } from './command-error.ts';
import { type FileRecords, openRecords } from './file-records.ts';
import { importFault } from './import-fault.ts';
import { importFile } from './import-file.ts';
import { type ImportCommandOptions, importOptions, importOptionsOf } from './import-options.ts';
import { type ImportSource, failureOf, findSource } from './import-source.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';
import { printPreview, printReport, shownReport } from './import-output.ts';
import { printJson, printLine, startProgress } from './output.ts';
import { pageAddress } from './page-address.ts';

export function importCommand(program: Command): void {
  importOptions(
    program
      .command('import')
      .description(
        'Import clicks from files, plain or packed; - is standard input. An import adds the clicks that are not stored yet.',
      )
      .argument('<file...>'),
  )
    .addHelpText(
      'after',
      `
Formats:
${formatList()}

An import adds what is missing. A click that is stored is not added again, however it comes: the same file, grown, rotated,
renamed, packed, cut, joined with others, in another order, in another format with the same fields, or after an import
that was killed. Two clicks are the same if their short code, time, visitor, referrer and click_id are equal as stored.
Equal lines of a file are separate clicks as long as every line between them has a time within one minute of theirs:
a file with three of them makes the stored ones up to three, and a log twice in one file counts once, unless all of it is
of one minute. Equal lines of two servers are one click. --allow-duplicates adds every line. A line without a time of its
own gets the time of the import and is added every time (untimed). Clicks that were erased, or deleted with their URL, do
not come back with their log (erased). Clicks for URLs of other owners are left out (other_owner) unless you add --any-owner.
In logs, a last line without a line end is left for the next import. Imports through one server run one after the other; two
servers that import the same new lines at the same moment may both add them.

A line longer than 1 MiB is rejected. In CSV, a quoted cell may contain line breaks; a row may have up to ${MOST_RECORD_LINES} lines
and 64 KiB. If its quotes are not closed by then, or close in the middle of a cell, only its first line is rejected and
parsing continues with the next line. The names in the header line must fit into 64 KiB. The short codes . and .. are
rejected. A file with lines of which none is accepted or known exits 1, and so does one with --strict that has a line
which is rejected. Of other fields, what is too long is cut and what is wrong left out; the line counts, and a warning names the field.

Examples:
  spoor import access.log.2.gz --owner me --except static
  zcat logs/*.gz | spoor import -
  spoor import clicks.ndjson clicks.csv
  spoor import go.log --log-format '$remote_addr [$time_local] "$request" $status'`,
    )
    .action(async (files: readonly string[], options: ImportCommandOptions, command: Command) => {
      const given = importOptionsOf(command);
      const sources = files.map(findSource);
      const { reports, server } = await withClient(readConfig(), async (client) => {
        const done: FileReport[] = [];
        for (const source of sources) done.push(await importSource(client, source, options.owner, given));
        return { reports: done, server: client.url };
      });
      const total = reports.map(({ report }) => report).reduce(mergeReports, emptyReport());
      const isDryRun = given.dry_run === true;
      const statsCommand = isDryRun ? null : statsCommandFor(total, options.owner);
      const address = server === undefined || isDryRun ? null : pageAddressFor(server, total, options.owner);
      if (options.json) {
        printJson({
          ...shownReport(total),
          dry_run: isDryRun,
          stats_command: statsCommand,
          page_url: address,
          files: reports.map((done) => ({
            file: done.file,
            format: formatOf(done),
            ...shownReport(done.report),
          })),
        });
      } else {
        const isGiven = given.format !== undefined || given.log_format !== undefined;
        for (const done of reports) {
          const format = formatOf(done);
          if (format !== null && !isGiven)
            printLine(`${done.file}: recognised as ${format}${prefixOf(done)}`);
          printReport(done.file, done.report);
        }
        if (reports.length > 1) printReport('total', total);
        if (isDryRun) printPreview(total.preview);
        if (statsCommand !== null) printLine(`Show them:\n  ${statsCommand}`);
        if (address !== null) printLine(`In a browser:\n  ${address}`);
      }
      const fault = importFault(reports, options.strict === true);
      if (fault !== undefined) throw new CommandError(fault);
    });
}

function formatList(): string {
  const width = Math.max(...IMPORT_FORMAT_NAMES.map((name) => name.length));
  const formats = IMPORT_FORMAT_NAMES.map(
    (name) => `  ${name.padEnd(width)}  ${IMPORT_FORMATS[name].description}`,
  );
  const prefixes = LOG_PREFIX_NAMES.map((name) => LOG_PREFIXES[name].description);
  return `${formats.join('\n')}\nEach also inside the lines of: ${prefixes.join(', ')}.`;
}

/** What became of one file; `records` is undefined for one without lines. */
interface FileReport {
  readonly file: string;
  readonly records: FileRecords | undefined;
  readonly report: ImportReport;
}

/** The format by its name; null for a file without lines, and for `--log-format`. */
function formatOf({ records }: FileReport): ImportFormatName | null {
  return records === undefined || records.reading.log_format !== undefined ? null : records.reading.format;
}

function prefixOf({ records }: FileReport): string {
  const prefix = records?.reading.prefix;
  return prefix === undefined ? '' : ` in lines of ${LOG_PREFIXES[prefix].description}`;
}

async function importSource(
  client: Client,
  source: ImportSource,
  owner: string,
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
    const records = await openRecords(file, counted(open(), onBytes), {
      format: options.format,
      encoding: options.encoding,
      reading: readingOptionsOf(options),
    });
    if (isPipe && read === 0) throw new CommandError('the pipe ended without any data.');
    const report = records && (await importFile(client, records, owner, options));
    return { file, records, report: report ?? emptyReport() };
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
