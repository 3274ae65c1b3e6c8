import { createWriteStream, realpathSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { EXPORT_FORMAT_NAMES } from '../export/formats.ts';
import type { Client } from './client.ts';
import { DraftFile } from './draft-file.ts';
import { CommandError } from './error-messages.ts';
import { grouped, note, printJson, startCounter } from './output.ts';
import { questionOptions, questionQuery } from './query-options.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

type Options = Readonly<Record<string, string | boolean | undefined>> &
  RemoteOptions & {
    readonly format: string;
    readonly output: string;
    readonly json?: boolean;
  };

export function exportCommand(program: Command): void {
  const command = program
    .command('export')
    .description('Export statistics into a file: the same bytes as the API gives.')
    .addOption(
      new Option('--format <name>', 'the file format').choices(EXPORT_FORMAT_NAMES).makeOptionMandatory(),
    )
    .requiredOption('-o, --output <file>', 'the file to write; - is standard output')
    .option('--json', 'print what was written as JSON');
  questionOptions(remoteOption(command))
    .addHelpText(
      'after',
      '\nExamples:\n  spoor export --format xlsx -o clicks.xlsx --owner me --group-by time,country\n  spoor export --format csv -o clicks.zip --short-code launch',
    )
    .action(async (options: Options) => {
      const isStandard = standardStreamOf(options.output) !== undefined;
      if (options.json && isStandard) {
        throw new CommandError('--json goes with a file, since standard output holds the export.', {
          exitCode: 2,
        });
      }
      const query = { ...questionQuery(options), format: options.format };
      const bytes = await withServer(options, (client) => save(client, query, options.output));
      if (isStandard) return;
      if (options.json) printJson({ file: options.output, bytes });
      else note(`${options.output}: ${grouped(bytes)} bytes.`);
    });
}

/** Writes the export under its name only once it is whole. */
async function save(
  client: Client,
  query: Readonly<Record<string, string | undefined>>,
  file: string,
): Promise<number> {
  const target = await targetOf(file);
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
    const body = await client.stream('/api/v1/export', query);
    await target.write(counted(body));
    await target.keep();
  } catch (cause) {
    await target.discard();
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`The export to ${file} broke off${codeOf(cause)}.`, { cause });
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
  /** Called when the file is whole. */
  readonly keep: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

/**
 * A plain file gets its bytes only when they are whole; a device or pipe takes them as they come.
 * @throws CommandError when nothing can be written there
 */
async function targetOf(file: string): Promise<Target> {
  const nothing = async (): Promise<void> => {};
  const standard = standardStreamOf(file);
  if (standard !== undefined)
    return { write: (bytes) => pipeline(bytes, standard, { end: false }), keep: nothing, discard: nothing };
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() === false) {
      return { write: (bytes) => pipeline(bytes, createWriteStream(file)), keep: nothing, discard: nothing };
    }
    const draft = await DraftFile.open(found === undefined ? file : realpathSync(file));
    return { write: (bytes) => draft.write(bytes), keep: () => draft.keep(), discard: () => draft.discard() };
  } catch (cause) {
    throw new CommandError(`${file} cannot be written${codeOf(cause)}.`, { cause });
  }
}

/** Opened by name anew they would be cut to nothing where they are files, and cannot be where they are sockets. */
function standardStreamOf(file: string): NodeJS.WriteStream | undefined {
  if (['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'].includes(file)) return process.stdout;
  if (['/dev/stderr', '/dev/fd/2', '/proc/self/fd/2'].includes(file)) return process.stderr;
  return undefined;
}
