import { z } from 'zod';
import {
  IMPORT_OPTIONS,
  IMPORT_OPTION_NAMES,
  type ImportOptionName,
  type ImportOptions,
  parseImportOptions,
} from '../../clicks/import/options.ts';
import { valuesOf } from '../../stats/parse/parameters.ts';
import type { Parameter } from '../openapi/model.ts';
import { inputJsonSchema } from '../openapi/schemas.ts';
import { nameSchema, ownerSchema } from '../request/request-schemas.ts';
import { type Parameters, parameters, parsedBy } from '../route/parameters.ts';

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
});

/** What a request to import a file asks for. */
export interface AskedImport {
  readonly owner: string | undefined;
  readonly file: string | undefined;
  readonly options: ImportOptions;
}

/** The parameters of an import: those of every import, and whose it is. */
export const importParameters: Parameters<AskedImport> = parsedBy(
  [...own.documented, ...IMPORT_OPTION_NAMES.map(documentedOption)],
  (ctx) => {
    const texts = IMPORT_OPTION_NAMES.map((name) => [name, valuesOf(ctx.query, name)]);
    return { ...own.parse(ctx), options: parseImportOptions(Object.fromEntries(texts)) };
  },
);

function documentedOption(name: ImportOptionName): Parameter {
  const { schema, isRepeatable, description, example } = IMPORT_OPTIONS[name];
  const text: z.ZodType = schema;
  const one = inputJsonSchema(text);
  return {
    name,
    in: 'query',
    description: `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    schema: isRepeatable ? { type: 'array', items: one } : one,
    example: isRepeatable ? [example] : example,
  };
}
