import { z } from 'zod';
import {
  IMPORT_OPTIONS,
  IMPORT_OPTION_NAMES,
  type ImportOptionName,
  type ImportOptions,
  parseImportOptions,
} from '../../clicks/import/options.ts';
import type { FilePart } from '../../clicks/import/followed-imports.ts';
import { invalid } from '../../errors.ts';
import { valuesOf } from '../../stats/parse/raw-parameters.ts';
import type { Parameter } from '../openapi/model.ts';
import { fileEncodingOf } from '../body/charset.ts';
import { inputJsonSchema } from '../openapi/schemas.ts';
import { nameSchema, ownerSchema, wholeNumberSchema } from '../request/request-schemas.ts';
import { type Parameters, parameters, parsedBy } from '../route/declared-parameters.ts';
import { readImportId } from './import-schemas.ts';

const own = parameters({
  owner: {
    in: 'query',
    schema: ownerSchema.optional(),
    description: "Owner of new URLs; another than the key's takes `admin:all`.",
    example: 'me',
  },
  file: {
    in: 'query',
    schema: nameSchema.optional(),
    description: 'The name of the file, for the list of imports.',
    example: 'access.log',
  },
  part: {
    in: 'query',
    schema: wholeNumberSchema(Number.MAX_SAFE_INTEGER).optional(),
    description:
      'The body is one part of a file that grows, of whole lines: the parts are numbered from 1 and sent one after the other, at most 60 seconds apart; they are one import. For logs and NDJSON. A part that fails with 409, or that you do not know the outcome of, is sent as part 1 with `import_id`, after the lines of the last minutes: what is stored is not added twice.',
  },
  import_id: {
    in: 'query',
    schema: z
      .string()
      .transform(readImportId)
      .refine((id) => id !== undefined, 'must be the id of an import')
      .optional(),
    description: 'The `id` of the import that the part belongs to; without it, part 1 begins one.',
  },
  last: {
    in: 'query',
    schema: z
      .enum(['true', 'false'], 'must be true or false')
      .transform((text) => text === 'true')
      .optional(),
    description: 'Whether the part is the last: the import then ends.',
  },
});

/** What a request to import a file asks for. */
export interface AskedImport {
  readonly owner: string | undefined;
  readonly file: string | undefined;
  readonly options: ImportOptions;
  /** Of a file that is sent in parts. */
  readonly part: FilePart | undefined;
}

/** The parameters of an import: those of every import, and whose it is. */
export const importParameters: Parameters<AskedImport> = parsedBy(
  [...own.documented, ...IMPORT_OPTION_NAMES.map(documentedOption)],
  (ctx) => {
    const texts = IMPORT_OPTION_NAMES.map((name) => [name, valuesOf(ctx.query, name)]);
    const { owner, file, ...part } = own.parse(ctx);
    const given = parseImportOptions(Object.fromEntries(texts));
    const encoding = given.encoding ?? fileEncodingOf(ctx.get('content-type'));
    const options = encoding === undefined ? given : { ...given, encoding };
    return { owner, file, options, part: filePart(part, options) };
  },
);

/** @throws AppError 400 for parameters that do not go together */
function filePart(
  {
    part: number,
    import_id: id,
    last: isLast = false,
  }: {
    readonly part?: number | undefined;
    readonly import_id?: bigint | undefined;
    readonly last?: boolean | undefined;
  },
  { dry_run: isDryRun }: ImportOptions,
): FilePart | undefined {
  if (number === undefined) {
    if (id !== undefined || isLast)
      throw invalid('part', 'part is missing: import_id and last are for parts.');
    return undefined;
  }
  if (isDryRun === true) throw invalid('dry_run', 'dry_run is not for parts of a file.');
  if (number > 1 && id === undefined)
    throw invalid('import_id', 'import_id is missing: only part 1 begins an import.');
  return { id, number, isLast };
}

function documentedOption(name: ImportOptionName): Parameter {
  const { schema, isRepeatable, description, example } = IMPORT_OPTIONS[name];
  const text: z.ZodType = schema;
  return {
    name,
    in: 'query',
    description: `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    get schema() {
      const one = inputJsonSchema(text);
      return isRepeatable ? { type: 'array', items: one } : one;
    },
    example: isRepeatable ? [example] : example,
  };
}
