import type { ErrorCode } from '../../errors.ts';
import type { Scope } from '../../keys/scopes.ts';
import type { RouteRateLimit } from '../../rate-limit/allowances.ts';
import type { JsonSchema, NamedSchema, RequestSchema } from './schemas.ts';

/* The parts of OpenAPI 3.1 that Spoor's document is made of. */

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  /** With `style: form`, each property of the object is a parameter of its own. */
  readonly style?: 'form';
  readonly explode?: true;
  readonly example?: unknown;
}

export interface Header {
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface Example {
  readonly summary?: string;
  readonly value: unknown;
}

export interface MediaType {
  readonly schema: JsonSchema;
  readonly examples?: Readonly<Record<string, Example>>;
}

export type Content = Readonly<Record<string, MediaType>>;

export interface RequestBody {
  readonly description: string;
  readonly required: boolean;
  readonly content: Content;
}

export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Content;
}

export interface CodeSample {
  readonly lang: string;
  readonly label: string;
  readonly source: string;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  readonly responses: Readonly<Record<string, Response>>;
  readonly 'x-codeSamples': readonly CodeSample[];
}

export const METHODS = ['get', 'post', 'put', 'delete'] as const;

export type Method = (typeof METHODS)[number];

export type PathItem = { readonly [M in Method]?: Operation };

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

/** Who may send a request: anybody; keys with one of these scopes (`admin:all` always is one); or such keys, and anybody for public URLs. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'key' | 'key or public URL'; readonly scopes: readonly Scope[] };

/** A route as the document describes it. The generator adds what all routes have in common. */
export interface RouteDescription {
  readonly method: Method;
  /** Parameters in braces. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: TagName;
  readonly summary: string;
  readonly description: string;
  readonly access: Access;
  readonly rateLimit: RouteRateLimit | undefined;
  readonly parameters: readonly Parameter[];
  readonly requestBody: RequestBody | undefined;
  readonly responses: Readonly<Record<string, Response>>;
  /** Codes of errors, beyond those that every route has. */
  readonly errors: readonly ErrorCode[];
  readonly samples: readonly Sample[];
  /** The schemas that its bodies refer to. */
  readonly requestSchemas: readonly RequestSchema[];
  readonly responseSchemas: readonly NamedSchema[];
}

/** A request that succeeds: shown as a `curl` line, and sent by tests. */
export interface Sample {
  readonly label: string;
  /** The path with its parameters filled in. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly withoutKey?: boolean;
  readonly body?: { readonly type: string; readonly text: string };
  /** Further options of curl. */
  readonly options?: readonly string[];
}

export const TAGS = {
  Statistics: 'Exact numbers about clicks, for any time range, in any time zone.',
  Exports: 'The same statistics as files, complete.',
  Schedules: 'Exports that are made again and again, and alerts.',
  Clicks: 'Send clicks, one or many at a time, and erase them.',
  Imports: 'Files of clicks and logs of web servers, and taking an import back.',
  URLs: 'Short codes, who owns them and who may see their statistics.',
  Segments: 'Filters under a name.',
  Keys: 'API keys, for administrators.',
  Service: 'Health, readiness and metrics.',
} as const;

export type TagName = keyof typeof TAGS;
