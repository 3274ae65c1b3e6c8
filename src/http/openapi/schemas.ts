import { z } from 'zod';

/** A schema as OpenAPI 3.1 has it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A schema of response bodies, with its name in the document. */
export interface NamedSchema<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly schema: Schema;
}

/** A description of every field of a schema, no more and no less. */
export type FieldsOf<Schema extends z.ZodType> = Readonly<Record<keyof z.input<Schema> & string, JsonSchema>>;

/** A schema that parses request bodies, with its name in the document and what it cannot say of its fields itself. */
export interface RequestSchema<Schema extends z.ZodType = z.ZodType> extends NamedSchema<Schema> {
  readonly description: string;
  /** Made when the document is: it takes long, and most processes never ask for it. */
  readonly fields: () => Readonly<Record<string, JsonSchema>>;
}

export function namedSchema<Schema extends z.ZodType>(name: string, schema: Schema): NamedSchema<Schema> {
  return { name, schema };
}

/** A field that is parsed later. One for all of them: many are declared, and each schema takes its time. */
export const anything = z.unknown().optional();

/** @param described.fields a description of each field; a field without one does not compile */
export function requestSchema<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  described: { readonly description: string; readonly fields: () => FieldsOf<Schema> },
): RequestSchema<Schema> {
  return { name, schema, ...described };
}

/** In front of the names of schemas in references. */
export const PREFIX = '#/components/schemas/';

/** A reference to a schema of the document. */
export function ref({ name }: Pick<NamedSchema, 'name'>): JsonSchema {
  return { $ref: PREFIX + name };
}

/** The JSON Schema of what a parameter's or field's zod schema takes. */
export function inputJsonSchema(schema: z.ZodType): JsonSchema {
  return plain(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

const NOISE = new Set(['$schema', '$id', 'readOnly']);

/** Without keywords that only identify the schema, or repeat the bounds of JSON and JavaScript numbers. */
export function plain(value: unknown): JsonSchema {
  const text = JSON.stringify(value, (key, one: unknown) => {
    const isAnyName = key === 'propertyNames' && JSON.stringify(one) === '{"type":"string"}';
    return NOISE.has(key) || isAnyName || Math.abs(Number(one)) === Number.MAX_SAFE_INTEGER ? undefined : one;
  });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}
