import { basename } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES } from '../clicks/import/formats/import-formats.ts';
import {
  type ImportReport,
  emptyReport,
  mergeReports,
  rejectedCount,
} from '../clicks/import/import-report.ts';
import { LOG_PREFIXES, LOG_PREFIX_NAMES } from '../clicks/import/formats/log-prefix.ts';
import { MOST_RECORD_LINES } from '../clicks/import/records.ts';
import { messageOf } from '../errors.ts';
import { COMMAND } from '../process/package-root.ts';
import { type Client, type Query, withClient } from './client.ts';
import { CommandError } from './command-error.ts';
import { followImport } from './follow-import.ts';
import { type Import, importFile, reportOf } from './import-file.ts';
import { type ImportCommandOptions, importOptions, importQueryOf } from './import-options.ts';
import { type ImportSource, failureOf, findSource } from './import-source.ts';
import { printFormat, printPreview, printReport, shownReport } from './import-output.ts';
import { grouped, printJson, printLine, startProgress } from './output.ts';
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
In logs, a last line without a line end is left for the next import. Batches of one owner are stored one after the other,
so imports that run at once, also through several servers, have the same result as one after the other. Imports are kept:
imports list shows them, and imports undo removes what one added.

--follow keeps importing lines as they are appended to one file, or come on standard input, in NDJSON or a log: once a second
it stores the complete lines that have come. It continues when the file is rotated or truncated and when the server is
restarted; it needs a running server and waits for one. Started again, it reads the file from its start and adds what is
missing. All of it is one import. Ctrl-C and SIGTERM end it: it stores what it has read, prints the report and exits 0.

A line longer than 1 MiB is rejected. In CSV, a quoted cell may contain line breaks; a row may have up to ${MOST_RECORD_LINES} lines
and 64 KiB. If its quotes are not closed by then, or close in the middle of a cell, only its first line is rejected and
parsing continues with the next line. The names in the header line must fit into 64 KiB. The short codes . and .. are
rejected. A file with lines of which none is accepted or known exits 1, and so does one with --strict that has a line
which is rejected. Of other fields, what is too long is cut and what is wrong left out; the line counts, and a warning names the field.

Examples:
  spoor import access.log.2.gz --owner me --except static
  zcat logs/*.gz | spoor import -
  spoor import clicks.ndjson clicks.csv
  spoor import /var/log/nginx/access.log --follow --except static
  spoor import visits.csv --map short_code=slug --map clicked_at=created --dry-run
  spoor import go.log --log-format '$remote_addr [$time_local] "$request" $status'`,
    )
    .action(async (files: readonly string[], options: ImportCommandOptions, command: Command) => {
      const query = { ...importQueryOf(command), owner: options.owner };
      const { done, server } = options.follow
        ? await follow(files, query, command)
        : await importAll(files.map(findSource), query);
      const total = done.map(({ report }) => reportOf(report)).reduce(mergeReports, emptyReport());
      const isDryRun = query.dry_run !== undefined;
      const statsCommand = isDryRun ? null : statsCommandFor(total, options.owner);
      const address = server === undefined || isDryRun ? null : pageAddressFor(server, total, options.owner);
      if (options.json) {
        printJson({
          ...shownReport(total),
          dry_run: isDryRun,
          stats_command: statsCommand,
          page_url: address,
          files: done.map(({ file, report }) => ({
            file,
            import_id: isDryRun ? null : report.id,
            format: report.format,
            ...shownReport(reportOf(report)),
          })),
        });
      } else {
        const isGiven = ['format', 'log_format'].some((name) => name in query);
        for (const { file, report } of done) {
          if (!isGiven) printFormat(file, report);
          printReport(file, report);
        }
        if (done.length > 1) printReport('total', total);
        if (isDryRun) printPreview(total.preview);
        if (statsCommand !== null) printLine(`Show them:\n  ${statsCommand}`);
        if (address !== null) printLine(`In a browser:\n  ${address}`);
        const added = isDryRun ? [] : done.filter(({ report }) => report.accepted > 0);
        if (added.length > 0)
          printLine(`Undo:\n  ${COMMAND} imports undo ${added.map(({ report }) => report.id).join(' ')}`);
      }
      const fault = faultOf(done, options.strict === true);
      if (fault !== undefined) throw new CommandError(fault);
    });
}

interface Done {
  readonly done: readonly FileReport[];
  /** The server's address; undefined for a server that ends with the command. */
  readonly server: string | undefined;
}

async function importAll(sources: readonly ImportSource[], query: Query): Promise<Done> {
  return withClient(readConfig(), async (client) => {
    const done: FileReport[] = [];
    for (const source of sources) done.push(await importSource(client, source, query));
    return { done, server: client.url };
  });
}

/** Ends the program where the command line does not go with `--follow`. */
async function follow(files: readonly string[], query: Query, command: Command): Promise<Done> {
  const [file = '', ...others] = files;
  if (others.length > 0) command.error('--follow takes one file.');
  for (const [name, flag] of NOT_FOLLOWED)
    if (name in query) command.error(`--follow cannot be combined with ${flag}.`);
  const { report, server } = await followImport(readConfig(), file, query);
  return { done: [{ file, report }], server };
}

const NOT_FOLLOWED = [
  ['dry_run', '--dry-run'],
  // What is sent again after a failure would count twice.
  ['allow_duplicates', '--allow-duplicates'],
] as const;

function formatList(): string {
  const width = Math.max(...IMPORT_FORMAT_NAMES.map((name) => name.length));
  const formats = IMPORT_FORMAT_NAMES.map(
    (name) => `  ${name.padEnd(width)}  ${IMPORT_FORMATS[name].description}`,
  );
  const prefixes = LOG_PREFIX_NAMES.map((name) => LOG_PREFIXES[name].description);
  return `${formats.join('\n')}\nEach also inside the lines of: ${prefixes.join(', ')}.`;
}

/** What became of one file. */
interface FileReport {
  readonly file: string;
  readonly report: Import;
}

/** Why imports that ran to their ends failed, in a sentence. @param isStrict a rejected line is a failure, too */
function faultOf(files: readonly FileReport[], isStrict: boolean): string | undefined {
  const faults = files.flatMap(({ file, report: { error } }) =>
    error === null ? [] : [`${file}: ${error}`],
  );
  if (faults.length > 0) return faults.join(' ');
  const rejected = files.reduce((sum, { report }) => sum + rejectedCount(report), 0);
  return isStrict && rejected > 0
    ? `${grouped(rejected)} rejected, which --strict does not allow.`
    : undefined;
}

async function importSource(client: Client, source: ImportSource, query: Query): Promise<FileReport> {
  const { name: file, size, isPipe, open } = source;
  const progress = startProgress(`Importing ${basename(file)}`, size, 'bytes');
  let read = 0;
  const onBytes = (bytes: number): void => {
    read = bytes;
    progress.update(bytes);
  };
  try {
    const report = await importFile(client, basename(file), counted(open(), onBytes), query);
    if (isPipe && read === 0) throw new CommandError('the pipe ended without any data.');
    return { file, report };
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
