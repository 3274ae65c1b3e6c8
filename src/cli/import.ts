import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { readConfig } from '../config.ts';
import { IMPORT_FORMAT_NAMES, type ImportFormatName, formatOfFile } from '../clicks/import/formats.ts';
import { messageOf } from '../errors.ts';
import { withClient } from './client.ts';
import { CommandError } from './errors.ts';
import { importFile } from './import-file.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';
import { formatTable, grouped, printJson, printLine, startProgress } from './output.ts';
import { notEmpty } from './question.ts';

/** Read from a file at once. */
const READ_BYTES = 1_048_576;

interface ImportOptions {
  readonly format?: ImportFormatName;
  readonly owner: string;
  readonly json?: boolean;
}

interface Source {
  readonly name: string;
  readonly format: ImportFormatName;
  /** Bytes as they lie on disk; 0 for standard input. */
  readonly size: number;
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
      '\nExamples:\n  spoor import access.log.gz --format combined --owner me\n  zcat logs/*.gz | spoor import - --format combined\n  spoor import clicks.ndjson clicks.csv',
    )
    .action(async (files: readonly string[], options: ImportOptions) => {
      const sources = files.map((name) => describe(name, options.format));
      const reports = await withClient(readConfig(), async (client) => {
        const done: [string, ImportReport][] = [];
        for (const source of sources) {
          const progress = startProgress(`Importing ${basename(source.name)}`, source.size, 'bytes');
          try {
            const stream =
              source.name === '-'
                ? process.stdin
                : createReadStream(source.name, { highWaterMark: READ_BYTES });
            const report = await importFile(client, stream, {
              ...source,
              owner: options.owner,
              onBytes: progress.update,
            });
            done.push([source.name, report]);
          } catch (error) {
            throw new CommandError(`${source.name}: ${messageOf(error)}`, { cause: error });
          } finally {
            progress.stop();
          }
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

/** @throws CommandError for a file that is not there, or whose format nothing tells */
function describe(name: string, given: ImportFormatName | undefined): Source {
  const format = given ?? formatOfFile(name);
  if (format === undefined) {
    throw new CommandError(
      `${name}: the name does not tell its format; add --format ${IMPORT_FORMAT_NAMES.join('|')}.`,
      {
        exitCode: 2,
      },
    );
  }
  if (name === '-') return { name, format, size: 0 };
  try {
    const found = statSync(name);
    if (found.isDirectory()) throw new CommandError(`${name} is a directory.`);
    return { name, format, size: found.size };
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`${name} cannot be read: there is no such file.`, { cause });
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
