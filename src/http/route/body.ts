import { z } from 'zod';
import { AppError, type ErrorCode, invalid, invalidBy } from '../../errors.ts';
import { unpacked } from '../../clicks/import/unpack.ts';
import { nearestName } from '../../lib/names.ts';
import { repeatedName } from '../../lib/repeated-name.ts';
import { quotable } from '../../lib/text.ts';
import { isDeeperThan } from '../../lib/json-depth.ts';
import { announcesBody } from '../body/body-progress.ts';
import { streamBody } from '../body/body-stream.ts';
import { isGzip, textRules, withBody } from '../body/read-body.ts';
import type { Example, MediaType, RequestBody } from '../openapi/model.ts';
import { type RequestSchema, ref } from '../openapi/schemas.ts';
import type { Context } from '../request/context.ts';
import type { Services } from '../request/services.ts';

/** The body that a route takes; `Content` is what its handler gets. */
export interface Body<Content> {
  readonly documented: RequestBody | undefined;
  readonly schemas: readonly RequestSchema[];
  /** Codes of the errors that the body itself can cause. */
  readonly errors: readonly ErrorCode[];
  /**
   * Checks the headers of the body.
   * @returns receives it and runs `work` with it
   * @throws AppError 415; what it returns: 413, 400, 503
   */
  readonly open: (ctx: Context) => Receive<Content>;
}

type Receive<Content> = <T>(services: Services, work: (content: Content) => Promise<T>) => Promise<T>;

const BODY_ERRORS: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type'];

/** A route that takes no body, and reads none. */
export const noBody: Body<undefined> = {
  documented: undefined,
  schemas: [],
  errors: [],
  open: () => (_, work) => work(undefined),
};

/** Fills every documented JSON body many times over; a larger one would take long to parse in one go. */
const JSON_BYTES = 65_536;

/** Whatever walks through a value by calling itself would run out of stack; no body needs a tenth of it. */
const MAX_JSON_DEPTH = 100;

/** A JSON body; where it `isRequired` is false it may be left out, which counts as `{}`. */
export function jsonBody<Schema extends z.ZodType>(
  schema: RequestSchema<Schema>,
  described: {
    readonly description: string;
    readonly isRequired: boolean;
    readonly examples: Readonly<Record<string, Example>>;
  },
): Body<z.output<Schema>> {
  const { description, isRequired, examples } = described;
  return {
    documented: {
      description,
      required: isRequired,
      content: { 'application/json': { schema: ref(schema), examples } },
    },
    schemas: [schema],
    errors: BODY_ERRORS,
    open: jsonReceiver(schema.schema, JSON_BYTES),
  };
}

/** A JSON object whose fields the handler checks itself; the schema describes them. */
export function jsonObjectBody(
  schema: RequestSchema,
  described: Parameters<typeof jsonBody>[1] & { readonly maxBytes: number },
): Body<Readonly<Record<string, unknown>>> {
  const fields = z.record(z.string(), z.unknown(), 'must be a JSON object');
  return { ...jsonBody(schema, described), open: jsonReceiver(fields, described.maxBytes) };
}

/** A body that clients send and the route does not need: it is described, and not read. */
export function unreadBody({ documented, schemas }: Body<unknown>): Body<undefined> {
  return { ...noBody, documented, schemas };
}

/** A JSON body of a route that is no part of the API. */
export function internalJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  maxBytes: number,
): Body<z.output<Schema>> {
  return { documented: undefined, schemas: [], errors: BODY_ERRORS, open: jsonReceiver(schema, maxBytes) };
}

/** A body that the handler gets as bytes, in UTF-8 unless they are damaged, with the entry of its content type. */
export function bytesBody<Type extends { readonly media: MediaType }>(
  types: Readonly<Record<string, Type>>,
  {
    maxBytes,
    description,
    schemas,
  }: { readonly maxBytes: number; readonly description: string; readonly schemas: readonly RequestSchema[] },
): Body<{ readonly bytes: Buffer; readonly type: Type }> {
  return {
    documented: {
      description,
      required: true,
      content: Object.fromEntries(Object.entries(types).map(([name, { media }]) => [name, media])),
    },
    schemas,
    errors: BODY_ERRORS,
    open: (ctx) => {
      const type = types[ctx.request.type.toLowerCase()];
      if (type === undefined) {
        throw new AppError(
          'unsupported_media_type',
          `Content-Type must be one of: ${Object.keys(types).join(', ')}.`,
        );
      }
      const rules = textRules(ctx.req, maxBytes);
      return (services, work) => withBody(services, ctx, rules, (bytes) => work({ bytes, type }));
    },
  };
}

/**
 * A body of any content type and size, which the handler gets as it comes, once its `Content-Encoding` is undone. A client
 * that is limited must send it at the pace that the API promises.
 */
export function streamedBody(description: string, media: MediaType): Body<AsyncIterable<Buffer>> {
  return {
    documented: { description, required: true, content: { 'application/octet-stream': media } },
    schemas: [],
    errors: ['unsupported_media_type'],
    open: (ctx) => {
      const isPacked = isGzip(ctx.req);
      return async (_, work) => {
        const { pieces, discard } = streamBody(ctx.req, ctx.state.principal?.rateLimit !== 'unlimited');
        try {
          return await work(isPacked ? unpacked(pieces) : pieces);
        } finally {
          discard();
        }
      };
    },
  };
}

function jsonReceiver<Schema extends z.ZodType>(
  schema: Schema,
  maxBytes: number,
): Body<z.output<Schema>>['open'] {
  return (ctx) => {
    if (announcesBody(ctx.req) && ctx.request.type.toLowerCase() !== 'application/json') {
      throw new AppError('unsupported_media_type', 'Content-Type must be application/json.');
    }
    const rules = textRules(ctx.req, maxBytes);
    return async (services, work) =>
      work(await withBody(services, ctx, rules, (bytes) => parseJson(schema, bytes)));
  };
}

/** Bytes that are not UTF-8 would all become U+FFFD, and two names one. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseJson<Schema extends z.ZodType>(schema: Schema, body: Buffer): z.output<Schema> {
  let value: unknown = {};
  let repeated: string | undefined;
  if (isDeeperThan(body, MAX_JSON_DEPTH)) {
    throw invalid('body', `The body has lists and objects more than ${MAX_JSON_DEPTH} deep in each other.`);
  }
  try {
    if (body.length > 0) {
      const text = UTF_8.decode(body);
      value = JSON.parse(text);
      repeated = repeatedName(text);
    }
  } catch {
    throw invalid('body', 'The body is not JSON in UTF-8, or in the charset of its content type.');
  }
  if (repeated !== undefined) {
    throw invalid(quotable(repeated), `The body has ${quotable(repeated)} twice in one object.`);
  }
  // Copying such an object would set the prototype of the copy.
  if (Object.hasOwn(Object(value), '__proto__')) throw unknownField('__proto__');
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { error } = parsed;
  const [issue] = error.issues;
  const isOfBody = issue?.code === 'unrecognized_keys' && issue.path.length === 0;
  if (!isOfBody || !(schema instanceof z.ZodObject)) throw invalidBy(error);
  throw unknownField(issue.keys[0] ?? '', Object.keys(schema.shape));
}

function unknownField(name: string, known: readonly string[] = []): AppError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return invalid(quotable(name), `${quotable(name)} is not a field of this request.${hint}`);
}
