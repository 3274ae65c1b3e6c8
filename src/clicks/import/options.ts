import { z } from 'zod';
import { invalid } from '../../errors.ts';
import { namesOf } from '../../lib/names.ts';
import { isBlank } from '../../lib/text.ts';
import { FIELD_MAP_NAMES } from './formats/field-maps.ts';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES } from './formats/import-formats.ts';
import { MapError, parseGivenMap } from './given-map.ts';
import { NotationError, compileNotation } from './formats/log-notation.ts';
import type { Reading } from './reading.ts';

/** An option of an import, by whichever way it comes: `log_format` in a query string is `--log-format` on the command line. */
export interface ImportOption<Schema extends z.ZodType = z.ZodType> {
  /** What stands for its value in the command line's help; undefined for a switch, whose text is `true` or `false`. */
  readonly argument: string | undefined;
  /** May be given several times: its value is a list then. */
  readonly isRepeatable: boolean;
  /** Parses one text. Its messages begin with a verb: the option's name is put before. */
  readonly schema: Schema;
  readonly description: string;
  readonly example: string;
}

type OptionParts<Schema extends z.ZodType> = Omit<ImportOption<Schema>, 'isRepeatable'>;

function single<Schema extends z.ZodType>(
  parts: OptionParts<Schema>,
): ImportOption<Schema> & { readonly isRepeatable: false } {
  return { ...parts, isRepeatable: false };
}

function repeatable<Schema extends z.ZodType>(
  parts: OptionParts<Schema>,
): ImportOption<Schema> & { readonly isRepeatable: true } {
  return { ...parts, isRepeatable: true };
}

const switchSchema = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

function aSwitch(description: string): ImportOption<typeof switchSchema> & { readonly isRepeatable: false } {
  return single({ argument: undefined, schema: switchSchema, description, example: 'true' });
}

const filled = z.string().refine((text) => !isBlank(text), 'must not be empty');

const notationSchema = z.string().superRefine((notation, context) => {
  try {
    compileNotation(notation, false);
  } catch (cause) {
    if (!(cause instanceof NotationError)) throw cause;
    context.addIssue({ code: 'custom', message: `cannot be used: ${cause.message}` });
  }
});

const encodingSchema = z.string().transform((name, context) => {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a known encoding, such as windows-1252' });
    return z.NEVER;
  }
});

const mapSchema = z.string().superRefine((text, context) => {
  try {
    parseGivenMap([text]);
  } catch (cause) {
    if (!(cause instanceof MapError)) throw cause;
    context.addIssue({ code: 'custom', message: cause.message });
  }
});

const delimiterSchema = z
  .string()
  .transform((text) => (text === '\\t' || text === 'tab' ? '\t' : text))
  .refine((text) => /^[^"\r\n]$/.test(text), 'must be one character, or tab');

/** The options of an import. The command line's options and the parameters of the API follow from here. */
export const IMPORT_OPTIONS = {
  format: single({
    argument: '<name>',
    schema: z.enum(IMPORT_FORMAT_NAMES, `must be one of: ${IMPORT_FORMAT_NAMES.join(', ')}`),
    description: `format of the files, in place of what their content tells: ${IMPORT_FORMAT_NAMES.join(', ')}`,
    example: 'combined',
  }),
  log_format: single({
    argument: '<format>',
    schema: notationSchema,
    description: "format of the logs as nginx's log_format or Apache's LogFormat has it",
    example: '$remote_addr [$time_local] "$request" $status',
  }),
  encoding: single({
    argument: '<name>',
    schema: encodingSchema,
    description: 'encoding of the files if it is not UTF-8, for example windows-1252',
    example: 'windows-1252',
  }),
  map: repeatable({
    argument: '<field=theirs>',
    schema: mapSchema,
    description: `where CSV and JSON have a field of a click: short_code=slug, with dots for nested ones; property.plan=tier is a property of its own; country==DE is a text for every record; or a preset: ${FIELD_MAP_NAMES.join(', ')} (repeatable)`,
    example: 'short_code=slug',
  }),
  delimiter: single({
    argument: '<character>',
    schema: delimiterSchema,
    description: 'what separates the cells of CSV, if it is neither comma, semicolon nor tab',
    example: '|',
  }),
  trust_proxy: single({
    argument: '<n>',
    schema: z
      .string()
      .regex(/^\d{1,3}$/, 'must be a whole number')
      .transform(Number),
    description:
      "number of proxies in front of the log's server: take the visitor's address that many places from the right of the forwarded ones, where the log has them",
    example: '1',
  }),
  code_with_host: aSwitch('begin short codes with the host, where the log has it: go.example/launch'),
  only: repeatable({
    argument: '<glob>',
    schema: filled,
    description: 'only short codes like this; * is any text (repeatable)',
    example: 'promo-*',
  }),
  except: repeatable({
    argument: '<glob>',
    schema: filled,
    description: 'no short codes like this; static: images, style sheets, … (repeatable)',
    example: 'static',
  }),
  status: single({
    argument: '<list>',
    schema: z
      .string()
      .regex(/^\d{3}(,\d{3})*$/, 'must be statuses: 301,302')
      .transform((list) => list.split(',').map(Number)),
    description: 'only these statuses of a log, separated by commas: 301,302',
    example: '301,302',
  }),
  known_codes: aSwitch('only clicks of URLs that are registered; others are counted as unknown_code'),
  dry_run: aSwitch('store nothing: show the first clicks, the commonest short codes and the counts'),
  any_owner: aSwitch('also import clicks for URLs of other owners, which are left out otherwise'),
  allow_duplicates: aSwitch('add every line, also those of clicks that are stored already'),
} as const satisfies Readonly<Record<string, ImportOption>>;

type Options = typeof IMPORT_OPTIONS;

export type ImportOptionName = keyof Options;

export const IMPORT_OPTION_NAMES = namesOf(IMPORT_OPTIONS);

type ValueOf<Option extends ImportOption> = Option extends { readonly isRepeatable: true }
  ? readonly z.output<Option['schema']>[]
  : z.output<Option['schema']>;

/** The values of the options that were given. */
export type ImportOptions = { readonly [Name in ImportOptionName]?: ValueOf<Options[Name]> };

/** What the options of an import may have in all, in UTF-8: the log of imports has them, and the list shows them. */
export const MAX_OPTION_BYTES = 8_192;

/** The texts that options were given with, in order; none for one that was not given. */
export type ImportOptionTexts = { readonly [Name in ImportOptionName]?: readonly string[] };

/**
 * @param spelt how messages name an option
 * @throws AppError 400 whose field is the option that is wrong
 */
export function parseImportOptions(
  texts: ImportOptionTexts,
  spelt: (name: ImportOptionName) => string = (name) => name,
): ImportOptions {
  const values: Partial<Record<ImportOptionName, unknown>> = {};
  let bytes = 0;
  for (const name of IMPORT_OPTION_NAMES) {
    const given = texts[name] ?? [];
    if (given.length === 0) continue;
    bytes += given.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > MAX_OPTION_BYTES) {
      throw invalid(
        name,
        `${spelt(name)} is too long: the options have at most ${MAX_OPTION_BYTES} bytes in all.`,
      );
    }
    const { isRepeatable, schema } = IMPORT_OPTIONS[name];
    if (!isRepeatable && given.length > 1) throw invalid(name, `${spelt(name)} is given more than once.`);
    const parsed = given.map((text) => {
      const result = schema.safeParse(text);
      if (!result.success) throw invalid(name, `${spelt(name)} ${result.error.issues[0]?.message}.`);
      return result.data;
    });
    values[name] = isRepeatable ? parsed : parsed[0];
  }
  if (!isParsed(values)) throw new Error('An option has not been parsed.');
  if (values.format !== undefined && values.log_format !== undefined)
    throw invalid('log_format', `${spelt('log_format')} cannot be combined with ${spelt('format')}.`);
  const { format } = values;
  // Without either, the file says which format it has.
  const isLog =
    values.log_format !== undefined || (format !== undefined && IMPORT_FORMATS[format].kind === 'log');
  for (const name of ['map', 'delimiter'] as const)
    if (isLog && values[name] !== undefined) throw invalid(name, `${spelt(name)} is not for logs.`);
  return values;
}

/** Each value comes from the schema of its name. */
function isParsed(values: Partial<Record<ImportOptionName, unknown>>): values is ImportOptions {
  return Object.values(values).every((value) => value !== undefined);
}

/** What of the options goes with each batch of a file. */
export function readingOptionsOf(options: ImportOptions): Pick<Reading, ReadingOptionName> {
  const { log_format, map, delimiter, trust_proxy, code_with_host, only, except, status } = options;
  return { log_format, map, delimiter, trust_proxy, code_with_host, only, except, status };
}

type ReadingOptionName = Exclude<keyof Reading, 'format' | 'columns' | 'prefix'>;
