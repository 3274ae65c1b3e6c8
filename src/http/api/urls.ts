import { z } from 'zod';
import { shortCodeSchema, storedCodeSchema } from '../../clicks/short-code.ts';
import { AppError } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import type { ShortUrl } from '../../urls/short-url.ts';
import { ownerFor } from '../request/owner-for.ts';
import { inRegistryShare } from '../request/registry-share.ts';
import type { Services } from '../request/services.ts';
import { keyWith } from '../route/access.ts';
import { jsonBody, noBody } from '../route/body.ts';
import { parameters } from '../route/declared-parameters.ts';
import { empty, json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { codeParameter } from './code-parameter.ts';
import { askedPage, presentUrlPage, urlListParameters } from './url-list.ts';
import { URL_EXAMPLE, presentUrl, urlChange, urlPageSchema, urlSchema } from './url-schemas.ts';

const URL_PAGE_EXAMPLE = {
  items: [URL_EXAMPLE],
  next_cursor: null,
  page: 1,
  pageSize: 10,
  total: 1,
  hasNext: false,
  sortBy: 'short_code',
  sortOrder: 'ascending',
};

const NO_URLS = { items: [], hasNext: false };

const ONE_URL = '/api/v1/urls/{short_code}';
const SAMPLE_PATH = '/api/v1/urls/launch';

const COMMON = { tag: 'URLs', rateLimit: 'none' } as const;

function shortCodeParameter(schema: z.ZodType<string>) {
  return parameters({
    short_code: codeParameter(schema),
  });
}

function urlResponse(description: string) {
  return json({ schema: urlSchema, description, examples: { url: { value: URL_EXAMPLE } } });
}

const listUrls = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/urls',
  operationId: 'listUrls',
  summary: 'List URLs',
  description:
    "The URLs of the key's owner, with `admin:all` those of every owner, page by page: in the order of their codes by `cursor`, or in any order by `page`.",
  access: keyWith('urls:read'),
  parameters: urlListParameters,
  body: noBody,
  responses: {
    200: json({
      schema: urlPageSchema,
      nested: [urlSchema],
      description: 'A page of URLs.',
      examples: { page: { value: URL_PAGE_EXAMPLE } },
    }),
  },
  errors: [],
  samples: [{ label: 'The first ten', path: '/api/v1/urls', query: { limit: '10' } }],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: given }) => {
      const asked = askedPage(given, isAdmin(principal) ? undefined : principal.ownerId);
      const { listing, page } = asked;
      if (asked.isEmpty) return { status: 200, body: presentUrlPage(asked, NO_URLS, 0) };
      const [found, total] = await inRegistryShare(services, ctx, () =>
        Promise.all([
          services.urls.list(listing),
          page === undefined ? undefined : services.urls.count(listing),
        ]),
      );
      return { status: 200, body: presentUrlPage(asked, found, total) };
    },
});

const getUrl = route({
  ...COMMON,
  method: 'get',
  path: ONE_URL,
  operationId: 'getUrl',
  summary: 'Look up a URL',
  description: "A URL of the key's owner; with `admin:all` of any owner.",
  access: keyWith('urls:read'),
  parameters: shortCodeParameter(storedCodeSchema),
  body: noBody,
  responses: { 200: urlResponse('The URL.') },
  errors: ['not_found'],
  samples: [{ label: 'One URL', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ principal, parameters: { short_code: shortCode } }) => ({
      status: 200,
      body: presentUrl(await findOwn(services, principal, shortCode)),
    }),
});

const getUrlOfDomain = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/urls/{domain}/{alias}',
  operationId: 'getUrlOfDomain',
  summary: 'Look up a URL by its domain and code',
  description:
    'The URL whose code is `{domain}/{alias}`, as imports with `--code-with-host` have them, else the one whose code is the alias: all domains share their codes.',
  access: keyWith('urls:read'),
  parameters: parameters({
    domain: {
      in: 'path',
      schema: z.string(),
      description: 'The host that redirects.',
      example: 'go.example',
    },
    alias: codeParameter(storedCodeSchema),
  }),
  body: noBody,
  responses: { 200: urlResponse('The URL.') },
  errors: ['not_found'],
  samples: [{ label: 'One URL', path: '/api/v1/urls/go.example/launch' }],
  handler:
    (services) =>
    async ({ principal, parameters: { domain, alias } }) => {
      const withDomain = await services.urls.find(`${domain}/${alias}`);
      const shortCode = withDomain?.shortCode ?? alias;
      return { status: 200, body: presentUrl(await findOwn(services, principal, shortCode)) };
    },
});

const putUrl = route({
  ...COMMON,
  method: 'put',
  path: ONE_URL,
  operationId: 'putUrl',
  summary: 'Create or change a URL',
  description:
    "Creates the URL if nobody has it, else sets the fields of the body. A new URL belongs to the key's owner, was created now and has private statistics unless the body says otherwise.",
  access: keyWith('urls:write'),
  parameters: shortCodeParameter(shortCodeSchema),
  body: jsonBody(urlChange, {
    description: 'The fields to set.',
    isRequired: false,
    examples: { public: { summary: 'With public statistics', value: { private_stats: false } } },
  }),
  responses: { 200: urlResponse('The URL was changed.'), 201: urlResponse('The URL was created.') },
  errors: ['conflict'],
  samples: [
    {
      label: 'A URL with public statistics',
      path: SAMPLE_PATH,
      body: { type: 'application/json', text: '{"private_stats": false}' },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { short_code: shortCode }, body: change }) => {
      ownerFor(principal, change.owner_id);
      const wanted = {
        ownerId: change.owner_id ?? undefined,
        createdAt: change.created_at ?? undefined,
        privateStats: change.private_stats ?? undefined,
        longUrl: change.long_url,
        tags: change.tags ?? undefined,
      };
      const mayChange = (url: ShortUrl): void => requireOwn(principal, url);
      const defaults = { ownerId: principal.ownerId, now: services.now(), mayChange };
      const { url, isNew } = await inRegistryShare(services, ctx, () =>
        services.urls.put(shortCode, wanted, defaults),
      );
      return { status: isNew ? 201 : 200, body: presentUrl(url) };
    },
});

const deleteUrl = route({
  ...COMMON,
  method: 'delete',
  path: ONE_URL,
  operationId: 'deleteUrl',
  summary: 'Delete a URL and its clicks',
  description:
    'Removes the URL, and its clicks from all statistics. When its code is registered again, it has no clicks.',
  access: keyWith('urls:write'),
  parameters: shortCodeParameter(storedCodeSchema),
  body: noBody,
  responses: { 204: empty('The URL is deleted. No body.') },
  errors: ['not_found'],
  samples: [{ label: 'One URL', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { short_code: shortCode } }) => {
      await inRegistryShare(services, ctx, async () =>
        services.urls.delete(await findOwn(services, principal, shortCode)),
      );
      return { status: 204 };
    },
});

export const URL_ROUTES = [listUrls, getUrl, getUrlOfDomain, putUrl, deleteUrl] as const;

async function findOwn({ urls }: Services, principal: Principal, shortCode: string): Promise<ShortUrl> {
  const url = await urls.find(shortCode);
  if (url === undefined) throw new AppError('not_found', 'There is no such URL.', { field: 'short_code' });
  requireOwn(principal, url);
  return url;
}

function requireOwn(principal: Principal, url: ShortUrl): void {
  if (url.ownerId !== principal.ownerId && !isAdmin(principal)) {
    throw new AppError('forbidden', 'The URL belongs to another owner.');
  }
}
