import { createWriteStream, realpathSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { CLICK_COLUMN_NAMES } from '../click-rows/columns.ts';
import { ESCAPE_CHOICES } from '../click-rows/export-request.ts';
import { CLICK_ORDERS } from '../click-rows/query.ts';
import { CLICK_FORMAT_NAMES } from '../export/click-formats.ts';
import { COMPRESSION_NAMES } from '../export/compressions.ts';
import { EXPORT_FORMAT_NAMES } from '../export/formats.ts';
import { namesOf } from '../lib/names.ts';
import type { Client, Query } from './client.ts';
import type { Conditions } from './condition-options.ts';
import { DraftFile } from './draft-file.ts';
import { CommandError } from './command-error.ts';
import { grouped, note, printJson, startCounter } from './output.ts';
import { statsOptions, statsParameters } from './stats-options.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

type Options = Readonly<Record<string, string | boolean | Conditions | undefined>> &
  RemoteOptions & {
    readonly what: keyof typeof PATHS;
    readonly format: string;
    readonly fields?: string;
    readonly order?: string;
    readonly compress?: string;
    readonly escape?: string;
    readonly visitors?: boolean;
    readonly output: string;
    readonly json?: boolean;
  };

/** What can be exported, and where the API has it. */
const PATHS = { stats: '/api/v1/export', clicks: '/api/v1/export/clicks' } as const;

const FORMATS = [...new Set([...EXPORT_FORMAT_NAMES, ...CLICK_FORMAT_NAMES])];

/** Refused by the server where they do not go with what is exported. */
function clickParameters({ fields, order, compress, escape, visitors }: Options): Query {
  return { fields, order, compress, escape, visitors: visitors === true ? 'true' : undefined };
}

export function exportCommand(program: Command): void {
  const command = program
    .command('export')
    .description(
      'Export statistics, or the clicks themselves, to a file, with the same bytes as the API returns.',
    )
    .addOption(new Option('--what <data>', 'what to export').choices(namesOf(PATHS)).default('stats'))
    .addOption(
      new Option('--format <name>', 'file format; arrow of clicks only')
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .option('--fields <names>', `with --what clicks: the columns, any of ${CLICK_COLUMN_NAMES.join(',')}`)
    .addOption(new Option('--order <order>', 'with --what clicks: their order').choices(CLICK_ORDERS))
    .addOption(
      new Option('--compress <way>', 'with --what clicks: a compressed file of ndjson or csv').choices(
        COMPRESSION_NAMES,
      ),
    )
    .addOption(
      new Option('--escape <what>', 'with --what clicks: none leaves formulas alone in csv and xlsx').choices(
        ESCAPE_CHOICES,
      ),
    )
    .option('--visitors', 'with --what clicks: also the hash of each visitor')
    .requiredOption('-o, --output <file>', 'file to write; - is standard output')
    .option('--json', 'print the result as JSON');
  statsOptions(remoteOption(command))
    .addHelpText(
      'after',
      '\nExamples:\n  spoor export --format xlsx -o clicks.xlsx --owner me --group-by time,country\n  spoor export --format csv -o clicks.zip --short-code launch\n  spoor export --what clicks --format parquet -o clicks.parquet --owner me --range last_month',
    )
    .action(async (options: Options) => {
      const isStandard = standardStreamOf(options.output) !== undefined;
      if (options.json && isStandard) {
        throw new CommandError(
          '--json needs a file for --output, because standard output holds the export.',
          {
            exitCode: 2,
          },
        );
      }
      const query = {
        ...statsParameters(options),
        ...clickParameters(options),
        format: options.format,
      };
      const source = { path: PATHS[options.what], query };
      const bytes = await withServer(options, (client) => saveExport(client, source, options.output));
      if (isStandard) return;
      if (options.json) printJson({ file: options.output, bytes });
      else note(`${options.output}: ${grouped(bytes)} bytes.`);
    });
}

/** Saves what a route sends as `file`, which appears under its name only once it is complete. @returns its bytes */
export async function saveExport(
  client: Client,
  { path, query }: { readonly path: string; readonly query: Query },
  file: string,
): Promise<number> {
  const target = await openTarget(file);
  const progress = startCounter('Exporting', 'bytes');
  let bytes = 0;
  async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      bytes += piece.length;
      progress.update(bytes);
      yield piece;
    }
  }
  try {
    const body = await client.stream(path, query);
    await target.write(counted(body));
    await target.commit();
  } catch (cause) {
    await target.discard();
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`The export to ${file} was interrupted${codeOf(cause)}.`, { cause });
  } finally {
    progress.stop();
  }
  return bytes;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
}

interface Target {
  readonly write: (bytes: AsyncIterable<Uint8Array>) => Promise<void>;
  /** Called when all bytes are written. */
  readonly commit: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

/**
 * A regular file is replaced once the export is complete; a device or pipe is written as bytes arrive.
 * @throws CommandError when nothing can be written there
 */
async function openTarget(file: string): Promise<Target> {
  const nothing = async (): Promise<void> => {};
  const standard = standardStreamOf(file);
  if (standard !== undefined)
    return { write: (bytes) => pipeline(bytes, standard, { end: false }), commit: nothing, discard: nothing };
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() === false) {
      return {
        write: (bytes) => pipeline(bytes, createWriteStream(file)),
        commit: nothing,
        discard: nothing,
      };
    }
    const draft = await DraftFile.open(found === undefined ? file : realpathSync(file));
    return {
      write: (bytes) => draft.write(bytes),
      commit: () => draft.commit(),
      discard: () => draft.discard(),
    };
  } catch (cause) {
    throw new CommandError(`Cannot write ${file}${codeOf(cause)}.`, { cause });
  }
}

/** Opening these by name would truncate a file behind them, and fails for a socket. */
function standardStreamOf(file: string): NodeJS.WriteStream | undefined {
  if (['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'].includes(file)) return process.stdout;
  if (['/dev/stderr', '/dev/fd/2', '/proc/self/fd/2'].includes(file)) return process.stderr;
  return undefined;
}
