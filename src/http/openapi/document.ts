import { EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import { SCOPES, SCOPE_NAMES } from '../../keys/scopes.ts';
import { WRONG_KEYS_A_MINUTE } from '../../rate-limit/allowances.ts';
import { BODY_DEADLINE_MS } from '../request/request-limits.ts';
import { CACHE_BUSTERS } from '../request/query-string-check.ts';
import { curlOf } from './curl.ts';
import { COMMON_ERRORS, UNREADABLE_RESPONSES, errorResponses, errorSchema } from './documented-errors.ts';
import {
  type Access,
  type Header,
  type OpenApiDocument,
  type Operation,
  type PathItem,
  type RouteDescription,
  TAGS,
} from './model.ts';
import { componentSchemas } from './component-schemas.ts';

/** An OpenAPI document of these routes. @throws Error when two schemas have one name */
export function createDocument(routes: readonly RouteDescription[]): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: { title: 'Spoor', version: 'v1', description: introduction(routes) },
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(routes),
    components: {
      schemas: componentSchemas(routes, [errorSchema]),
      securitySchemes: {
        ApiKey: {
          type: 'http',
          scheme: 'bearer',
          description: `An API key, \`spoo_…\`, with one of the scopes that the route names: ${SCOPE_NAMES.map((scope) => `\`${scope}\``).join(', ')}.`,
        },
      },
    },
  };
}

function pathsOf(routes: readonly RouteDescription[]): Readonly<Record<string, PathItem>> {
  const paths: Record<string, PathItem> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return paths;
}

function operationOf(route: RouteDescription): Operation {
  const { operationId, tag, summary, description, access, parameters, requestBody, method } = route;
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    security: securityOf(access),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: withRequestId({
      ...errorResponses([...COMMON_ERRORS, ...route.errors]),
      ...UNREADABLE_RESPONSES,
      ...route.responses,
    }),
    'x-codeSamples': route.samples.map((sample) => curlOf(method, sample)),
  };
}

const REQUEST_ID: Header = {
  description:
    'Names the request, also in the log: the `X-Request-ID` it came with, if that is fit for it, else a new one.',
  schema: { type: 'string' },
};

function withRequestId(responses: Operation['responses']): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { headers, ...rest }]) => [
      status,
      { ...rest, headers: { ...headers, 'X-Request-ID': REQUEST_ID } },
    ]),
  );
}

/** Alternatives: any one of them is enough; an empty one means no key. */
function securityOf(access: Access): Operation['security'] {
  if (access.kind === 'public') return [];
  const scopes = new Set([...access.scopes, 'admin:all']);
  const keys = [...scopes].map((scope) => ({ ApiKey: [scope] }));
  return access.kind === 'key or public URL' ? [...keys, {}] : keys;
}

function introduction(routes: readonly RouteDescription[]): string {
  return `Click analytics: clicks go in, exact statistics come out.

**Keys.** Send yours as \`Authorization: Bearer spoo_…\`. An invalid key is refused on every route. A key belongs to an owner and has scopes:

${SCOPE_NAMES.map((scope) => `- \`${scope}\`: ${SCOPES[scope].allows}`).join('\n')}

**Parameters.** Values are trimmed; an empty one counts as not given. Filters given twice add up; any other parameter given twice is refused, and so is an unknown one, with the name of the nearest that the route knows. ${CACHE_BUSTERS.map((name) => `\`${name}\``).join(', ')} are ignored, since clients add them against caches. The routes of the tag Service ignore any.

**Bodies** of text are UTF-8, or in the \`charset\` of their content type, \`iso-8859-1\` or \`utf-16le\`; any other charset is refused (415).

**Responses** carry \`X-Request-ID\`, which is in the log as well; send one of up to 128 letters, digits, \`_\`, \`-\` and \`.\` to have it kept.

**Errors** are JSON with a sentence, a code (also in \`X-Error-Code\`) and the field that is wrong. They are checked in this order: route (404, 405), key (401), rate limit (429), parameters (400, 422), content type (415), scope of the key (403), the body (413, 400, 422), the URL (404) and its privacy (401, 403). Statistics are never zero because of an error. Any route refuses a request line and headers of more than 128 KiB or 2,000 headers (431), a request that comes too slowly, or whose body takes longer than ${BODY_DEADLINE_MS / 60_000} minutes (408; the file of an import may take any time), a \`Transfer-Encoding\` other than \`chunked\` (501), and an \`Authorization\`, \`Content-Type\` or \`Host\` that comes twice (400).

**Rate limits.** ${rateLimits(routes)} Other routes have none. On any route, an address may send ${WRONG_KEYS_A_MINUTE} unknown keys a minute; known keys are not held up by them. Responses carry \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\`, also as \`X-RateLimit-…\` with the reset as a Unix time; over the limit the status is 429, with \`Retry-After\`.

**Exports** have the formats ${EXPORT_FORMAT_NAMES.map((name) => `\`${name}\``).join(', ')}.

The examples are for a shell with \`export SPOOR=http://127.0.0.1:8080 KEY=spoo_…\`.`;
}

function rateLimits(routes: readonly RouteDescription[]): string {
  const sentences = routes.map(({ path, rateLimit }) => {
    if (rateLimit === undefined) return '';
    const { key, address } = rateLimit;
    return `\`${path}\`: ${key.minute} a minute and ${key.day.toLocaleString('en-US')} a day with a key, ${address.minute} and ${address.day.toLocaleString('en-US')} without, for each address.`;
  });
  return [...new Set(sentences)].filter((sentence) => sentence !== '').join(' ');
}
