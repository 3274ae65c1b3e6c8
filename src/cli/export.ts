import { createWriteStream, existsSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { EXPORT_FORMAT_NAMES } from '../export/formats.ts';
import type { Client } from './client.ts';
import { CommandError } from './errors.ts';
import { grouped, note, printJson, startCounter } from './output.ts';
import { questionOptions, questionQuery } from './question.ts';
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
      if (options.json && options.output === '-') {
        throw new CommandError('--json goes with a file, since standard output holds the export.', {
          exitCode: 2,
        });
      }
      const query = { ...questionQuery(options), format: options.format };
      const bytes = await withServer(options, (client) => save(client, query, options.output));
      if (options.output === '-') return;
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
  const body = await client.stream('/api/v1/export', query);
  const progress = startCounter('Exporting', 'bytes');
  const target = targetOf(file);
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      bytes += piece.length;
      progress.update(bytes);
      yield piece;
    }
  }
  try {
    await pipeline(counted, target.stream, { end: target.stream !== process.stdout });
    target.keep();
  } catch (cause) {
    target.discard();
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new CommandError(`The export to ${file} broke off${code}.`, { cause });
  } finally {
    progress.stop();
  }
  return bytes;
}

interface Target {
  readonly stream: NodeJS.WritableStream;
  /** Called when the file is whole. */
  readonly keep: () => void;
  readonly discard: () => void;
}

/** A plain file gets its bytes only when they are whole; a device or pipe takes them as they come. */
function targetOf(file: string): Target {
  const nothing = (): void => {};
  if (file === '-') return { stream: process.stdout, keep: nothing, discard: nothing };
  const path = existsSync(file) ? realpathSync(file) : file;
  if (existsSync(path) && !statSync(path).isFile()) {
    return { stream: createWriteStream(path), keep: nothing, discard: nothing };
  }
  const draft = `${path}.part`;
  return {
    stream: createWriteStream(draft),
    keep: () => renameSync(draft, path),
    discard: () => rmSync(draft, { force: true }),
  };
}
