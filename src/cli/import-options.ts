import { type Command, InvalidArgumentError, Option } from 'commander';
import { IMPORT_FORMAT_NAMES, type ImportFormatName } from '../clicks/import/formats.ts';
import { NotationError, compileNotation } from '../clicks/import/log-notation.ts';
import type { ReadingOptions } from './file-records.ts';
import type { ImportFileOptions } from './import-file.ts';
import { notEmpty } from './stats-options.ts';

export interface ImportOptions {
  readonly format?: ImportFormatName;
  readonly logFormat?: string;
  readonly encoding?: string;
  readonly trustProxy?: number;
  readonly codeWithHost?: boolean;
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  readonly status?: readonly number[];
  readonly owner: string;
  readonly anyOwner?: boolean;
  readonly allowDuplicates?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** Adds the options of `spoor import`. */
export function importOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <name>', 'format of the files, in place of what their content tells').choices(
        IMPORT_FORMAT_NAMES,
      ),
    )
    .addOption(
      new Option(
        '--log-format <format>',
        "format of the logs as nginx's log_format or Apache's LogFormat has it",
      )
        .conflicts('format')
        .argParser(logFormat),
    )
    .option(
      '--encoding <name>',
      'encoding of the files if it is not UTF-8, for example windows-1252',
      encoding,
    )
    .option(
      '--trust-proxy <n>',
      "number of proxies in front of the log's server: take the visitor's address that many places from the right of the forwarded ones, where the log has them",
      wholeNumber,
    )
    .option('--code-with-host', 'begin short codes with the host, where the log has it: go.example/launch')
    .option('--only <glob>', 'only short codes like this; * is any text (repeatable)', collect)
    .option(
      '--except <glob>',
      'no short codes like this; static: images, style sheets, … (repeatable)',
      collect,
    )
    .option('--status <list>', 'only these statuses of a log, separated by commas: 301,302', statuses)
    .option('--owner <id>', 'owner of new URLs', notEmpty, 'admin')
    .option('--any-owner', 'also import clicks for URLs of other owners, which are left out otherwise')
    .option('--allow-duplicates', 'add every line, also those of clicks that are stored already')
    .option('--strict', 'exit 1 if a line is rejected')
    .option('--json', 'print the result as JSON');
}

export function importFileOptionsOf({
  owner,
  anyOwner = false,
  allowDuplicates = false,
}: ImportOptions): ImportFileOptions {
  return { owner, anyOwner, allowDuplicates };
}

export function readingOptionsOf(options: ImportOptions): ReadingOptions {
  const { logFormat: notation, trustProxy, codeWithHost, only, except, status } = options;
  return {
    format: options.format,
    encoding: options.encoding,
    reading: {
      ...(notation !== undefined && { log_format: notation }),
      ...(trustProxy !== undefined && { trust_proxy: trustProxy }),
      ...(codeWithHost === true && { code_with_host: true }),
      ...(only !== undefined && { only }),
      ...(except !== undefined && { except }),
      ...(status !== undefined && { statuses: status }),
    },
  };
}

function logFormat(notation: string): string {
  try {
    compileNotation(notation, false);
    return notation;
  } catch (cause) {
    if (cause instanceof NotationError)
      throw new InvalidArgumentError(`It cannot be used: ${cause.message}.`);
    throw cause;
  }
}

function encoding(name: string): string {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    throw new InvalidArgumentError('It is no encoding that is known.');
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function collect(glob: string, globs: readonly string[] = []): readonly string[] {
  return [...globs, notEmpty(glob)];
}

function statuses(list: string): readonly number[] {
  if (!/^\d{3}(,\d{3})*$/.test(list)) throw new InvalidArgumentError('It must be statuses: 301,302.');
  return list.split(',').map(Number);
}
