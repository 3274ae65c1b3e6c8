import { z } from 'zod';
import type { RouteDescription } from './model.ts';
import { type JsonSchema, type NamedSchema, PREFIX, type RequestSchema, plain } from './schemas.ts';

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
