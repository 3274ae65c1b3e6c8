import { z } from 'zod';
import type { JsonSchema, RouteDescription } from './model.ts';

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

const PREFIX = '#/components/schemas/';

/** A reference to a schema of the document. */
export function ref({ name }: Pick<NamedSchema, 'name'>): JsonSchema {
  return { $ref: PREFIX + name };
}

/**
 * Every schema of the document by its name.
 * @param common schemas that all routes share
 * @throws Error when two schemas have one name
 */
export function componentSchemas(
  routes: readonly RouteDescription[],
  common: readonly NamedSchema[],
): Readonly<Record<string, JsonSchema>> {
  const responses = byName([...routes.flatMap(({ responseSchemas }) => responseSchemas), ...common]);
  const requests = byName(routes.flatMap(({ requestSchemas }) => requestSchemas));
  const both = [...requests.keys()].find((name) => responses.has(name));
  if (both !== undefined) throw new Error(`Two schemas are named ${both}.`);
  return { ...responseComponents(responses), ...requestComponents(requests) };
}

function byName<Named extends NamedSchema>(schemas: readonly Named[]): ReadonlyMap<string, Named> {
  const found = new Map<string, Named>();
  for (const one of schemas) {
    if ((found.get(one.name) ?? one).schema !== one.schema)
      throw new Error(`Two schemas are named ${one.name}.`);
    found.set(one.name, one);
  }
  return found;
}

function responseComponents(named: ReadonlyMap<string, NamedSchema>): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, { schema }] of named) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'output', uri: (id) => PREFIX + id });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]));
}

function requestComponents(named: ReadonlyMap<string, RequestSchema>): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    [...named].map(([name, { schema, fields, description }]) => {
      const made = plain(z.toJSONSchema(schema, { io: 'input' }));
      return [name, { description, ...made, properties: described(made, fields()) }];
    }),
  );
}

function described(made: JsonSchema, fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const { properties } = z
    .object({ properties: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(made);
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, { ...schema, ...fields[name] }]),
  );
}

/** The JSON Schema of what a parameter's or field's zod schema takes. */
export function inputJsonSchema(schema: z.ZodType): JsonSchema {
  return plain(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

const NOISE = new Set(['$schema', '$id', 'readOnly']);

/** Without keywords that only identify the schema, or repeat the bounds of JSON and JavaScript numbers. */
function plain(value: unknown): JsonSchema {
  const text = JSON.stringify(value, (key, one: unknown) => {
    const isAnyName = key === 'propertyNames' && JSON.stringify(one) === '{"type":"string"}';
    return NOISE.has(key) || isAnyName || Math.abs(Number(one)) === Number.MAX_SAFE_INTEGER ? undefined : one;
  });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}
