import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  IMPORT_OPTIONS,
  IMPORT_OPTION_NAMES,
  type ImportOptionName,
  type ImportOptionTexts,
  parseImportOptions,
} from '../clicks/import/options.ts';
import { AppError } from '../errors.ts';
import { newOwner } from './option-values.ts';

/** The options of `spoor import` beside those of every import. */
export interface ImportCommandOptions {
  readonly owner: string;
  readonly follow?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** Adds the options of `spoor import`. */
export function importOptions(command: Command): Command {
  for (const name of IMPORT_OPTION_NAMES) command.addOption(optionOf(name));
  return command
    .option('--owner <id>', 'owner of new URLs', newOwner, 'admin')
    .option('--follow', 'keep importing lines as they are appended, until Ctrl-C or SIGTERM')
    .option('--strict', 'exit 1 if a line is rejected')
    .option('--json', 'print the result as JSON');
}

function flagOf(name: ImportOptionName): string {
  return `--${name.replaceAll('_', '-')}`;
}

function optionOf(name: ImportOptionName): Option {
  const { argument, isRepeatable, schema, description } = IMPORT_OPTIONS[name];
  if (argument === undefined) return new Option(flagOf(name), description);
  return new Option(`${flagOf(name)} ${argument}`, description).argParser(
    (text: string, earlier: readonly string[] | undefined) => {
      const { error } = schema.safeParse(text);
      if (error !== undefined) throw new InvalidArgumentError(`It ${error.issues[0]?.message}.`);
      return isRepeatable ? [...(earlier ?? []), text] : [text];
    },
  );
}

/**
 * The options of an import that a command line gave, as parameters for the server. Ends the program where they do not go
 * together.
 */
export function importQueryOf(command: Command): ImportOptionTexts {
  const values: Readonly<Record<string, unknown>> = command.opts();
  const texts: ImportOptionTexts = Object.fromEntries(
    IMPORT_OPTION_NAMES.map(
      (name) => [name, textsOf(values[optionOf(name).attributeName()])] as const,
    ).filter(([, given]) => given.length > 0),
  );
  try {
    parseImportOptions(texts, flagOf);
    return texts;
  } catch (error) {
    if (error instanceof AppError) command.error(error.message);
    throw error;
  }
}

function textsOf(value: unknown): readonly string[] {
  if (value === true) return ['true'];
  return Array.isArray(value) ? value.map(String) : [];
}
