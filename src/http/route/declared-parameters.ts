import type { z } from 'zod';
import { invalidBy } from '../../errors.ts';
import { valueOf } from '../../stats/parse/raw-parameters.ts';
import type { Parameter } from '../openapi/model.ts';
import type { JsonSchema } from '../openapi/schemas.ts';
import { inputJsonSchema } from '../openapi/schemas.ts';
import { type Context, pathParameter } from '../request/context.ts';

/** What a route takes beside its body. */
export interface Parameters<Parsed> {
  readonly documented: readonly Parameter[];
  /** Those of its query string. Others are refused, unless it is `any`. */
  readonly queryNames: readonly string[] | 'any';
  /** What further names match that it takes. */
  readonly queryPatterns?: readonly RegExp[];
  /** @throws AppError 400, 422 */
  readonly parse: (ctx: Context) => Parsed;
}

/** A parameter whose zod schema parses its text; `undefined` stands for one that was not sent. */
export interface ParameterDeclaration<Schema extends z.ZodType = z.ZodType> {
  readonly in: Parameter['in'];
  /** Its messages begin with a verb: the parameter's name is put before. */
  readonly schema: Schema;
  readonly description: string;
  /** What the schema cannot say of itself. */
  readonly bounds?: JsonSchema;
  readonly example?: string;
}

type Declarations = Readonly<Record<string, ParameterDeclaration>>;

type ParsedBy<D extends Declarations> = { readonly [Name in keyof D]: z.output<D[Name]['schema']> };

/** Parameters that are parsed independently, in this order. */
export function parameters<const D extends Declarations>(declarations: D): Parameters<ParsedBy<D>> {
  return parsedBy(Object.entries(declarations).map(documentedParameter), (ctx) =>
    parseEach(ctx, declarations),
  );
}

/** A route that takes none. */
export const noParameters: Parameters<undefined> = parsedBy([], () => undefined);

/** A route that ignores whatever it is sent: monitors, load balancers and links to a page add parameters of their own. */
export const anyParameters: Parameters<undefined> = { ...noParameters, queryNames: 'any' };

/** Parameters with a parser of their own. */
export function parsedBy<Parsed>(
  documented: readonly Parameter[],
  parse: (ctx: Context) => Parsed,
): Parameters<Parsed> {
  const inQuery = documented.filter((parameter) => parameter.in === 'query').flatMap(withoutObjects);
  const queryPatterns = documented
    .filter(({ explode }) => explode)
    .flatMap(({ schema }) => Object.keys(Object(schema['patternProperties'])))
    .map((pattern) => new RegExp(pattern, 's'));
  return { documented, queryNames: inQuery.map(({ name }) => name), queryPatterns, parse };
}

/** A parameter as it is sent: one for each property of an exploded object. */
export function withoutObjects(parameter: Parameter): readonly Parameter[] {
  if (parameter.explode !== true) return [parameter];
  const { explode: _, style: __, ...own } = parameter;
  const properties: Readonly<Record<string, JsonSchema>> = Object(own.schema['properties']);
  return Object.entries(properties).map(([name, schema]) => ({ ...own, name, schema }));
}

/** Parameters, beside others that the handler parses itself. */
export function parametersBeside<Parsed>(
  { documented, parse }: Parameters<Parsed>,
  others: readonly Parameter[],
): Parameters<Parsed> {
  return parsedBy([...documented, ...others], parse);
}

function parseEach<D extends Declarations>(ctx: Context, declarations: D): ParsedBy<D> {
  const parsed: Partial<Record<keyof D, unknown>> = {};
  const hasAll = (values: Partial<Record<keyof D, unknown>>): values is ParsedBy<D> =>
    Object.keys(declarations).every((name) => name in values);
  for (const [name, { in: place, schema }] of entriesOf(declarations)) {
    const result = schema.safeParse(textOf(ctx, place, name));
    if (!result.success) throw invalidBy(result.error, name);
    parsed[name] = result.data;
  }
  if (!hasAll(parsed)) throw new Error('A parameter has not been parsed.');
  return parsed;
}

function entriesOf<D extends Declarations>(
  declarations: D,
): readonly (readonly [keyof D & string, ParameterDeclaration])[] {
  return Object.entries(declarations);
}

function textOf(ctx: Context, place: Parameter['in'], name: string): string | undefined {
  switch (place) {
    case 'path':
      return pathParameter(ctx, name);
    case 'query':
      return valueOf(ctx.query, name);
    case 'header':
      return ctx.get(name) || undefined;
  }
}

function documentedParameter([name, declaration]: readonly [string, ParameterDeclaration]): Parameter {
  const { in: place, schema, description, bounds, example } = declaration;
  return {
    name,
    in: place,
    ...(schema.safeParse(undefined).success ? {} : { required: true }),
    description,
    // Only the document asks for it, and a start would wait for it.
    get schema() {
      return { ...inputJsonSchema(schema), ...bounds };
    },
    ...(example === undefined ? {} : { example }),
  };
}
