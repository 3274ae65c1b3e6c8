import { createWriteStream, realpathSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Client, Query } from './client.ts';
import { DraftFile } from './draft-file.ts';
import { CommandError } from './command-error.ts';
import {
  EXPORT_PATHS,
  type ExportedOptions,
  exportedOptions,
  exportedParameters,
} from './exported-options.ts';
import { grouped, note, printJson, startCounter } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

type Options = ExportedOptions & RemoteOptions & { readonly output: string; readonly json?: boolean };

export function exportCommand(program: Command): void {
  const command = program
    .command('export')
    .description(
      'Export statistics, or the clicks themselves, to a file, with the same bytes as the API returns.',
    )
    .requiredOption('-o, --output <file>', 'file to write; - is standard output')
    .option('--json', 'print the result as JSON');
  exportedOptions(remoteOption(command))
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
      const source = { path: EXPORT_PATHS[options.what], query: exportedParameters(options) };
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
