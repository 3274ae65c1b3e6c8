import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Example, Header, Response } from '../openapi/model.ts';
import { type NamedSchema, ref } from '../openapi/schemas.ts';
import type { Context } from '../request/context.ts';

/** A response that a route sends with one status; `Content` is what its handler returns as the body. */
export interface ResponseDeclaration<Content> {
  readonly documented: Response;
  /** Those that its body refers to. */
  readonly schemas: readonly NamedSchema[];
  /** Never called: it ties the declaration to the type of the body. */
  readonly accepts?: (content: Content) => void;
}

/** By status. */
export type Responses = Readonly<Record<number, ResponseDeclaration<never>>>;

type ContentOf<D> = D extends ResponseDeclaration<infer Content> ? Content : never;

/** The handler has written the response itself, or the client has disconnected. */
export const RESPONDED = { status: 'responded' } as const;

/** What a handler returns: one of the declared statuses with the body that belongs to it. */
export type Reply<R extends Responses> =
  | { [Status in keyof R & number]: ReplyWith<Status, ContentOf<R[Status]>> }[keyof R & number]
  | (typeof RESPONDED extends ContentOf<R[keyof R]> ? typeof RESPONDED : never);

type ReplyWith<Status, Content> = [Content] extends [never]
  ? never
  : [Content] extends [undefined]
    ? { readonly status: Status; readonly headers?: Headers; readonly body?: undefined }
    : { readonly status: Status; readonly headers?: Headers; readonly body: Content };

type Headers = Readonly<Record<string, string>>;

interface Described {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
}

interface JsonDescribed<Schema extends z.ZodType> extends Described {
  readonly schema: NamedSchema<Schema>;
  readonly examples: Readonly<Record<string, Example>>;
  /** Schemas that `schema` refers to by name. */
  readonly nested?: readonly NamedSchema[];
}

/** A JSON body, which the handler returns as the value that the schema describes. */
export function json<Schema extends z.ZodType>(
  described: JsonDescribed<Schema>,
): ResponseDeclaration<z.output<Schema>> {
  return jsonOf(described);
}

/** A JSON body that the handler returns as bytes. */
export function encodedJson(described: JsonDescribed<z.ZodType>): ResponseDeclaration<Buffer | Readable> {
  return jsonOf(described);
}

/** A body in one of several content types, which the handler writes itself. */
export function written(
  described: Described & { readonly content: NonNullable<Response['content']> },
  ...schemas: readonly NamedSchema[]
): ResponseDeclaration<typeof RESPONDED> {
  return { documented: described, schemas };
}

/** A text of that content type. */
export function text(
  type: string,
  described: Described & { readonly example: string },
): ResponseDeclaration<string> {
  const { example, ...rest } = described;
  const content = { [type]: { schema: { type: 'string' }, examples: { text: { value: example } } } };
  return { documented: { ...rest, content }, schemas: [] };
}

/** No body. */
export function empty(description: string): ResponseDeclaration<undefined> {
  return { documented: { description }, schemas: [] };
}

/** An error that the handler throws, where it says more than the general description of its code. */
export function thrown(documented: Response): ResponseDeclaration<never> {
  return { documented, schemas: [] };
}

function jsonOf({ schema, examples, nested = [], ...rest }: JsonDescribed<z.ZodType>): {
  readonly documented: Response;
  readonly schemas: readonly NamedSchema[];
} {
  const content = { 'application/json': { schema: ref(schema), examples } };
  return { documented: { ...rest, content }, schemas: [schema, ...nested] };
}

/** What a reply of any route may be. */
export type AnyReply =
  { readonly status: number; readonly headers?: Headers; readonly body?: unknown } | typeof RESPONDED;

export function sendReply(ctx: Context, reply: AnyReply): void {
  if (reply.status === 'responded') return;
  ctx.status = reply.status;
  if (reply.headers !== undefined) ctx.set(reply.headers);
  if (reply.body !== undefined) {
    ctx.body = reply.body;
    return;
  }
  // Koa would write the status as text, and takes no body for 204.
  ctx.body = null;
  ctx.status = reply.status;
}
