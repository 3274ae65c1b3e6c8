import { z } from 'zod';
import { invalid } from '../../errors.ts';
import { namesOf } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import { URL_SORTS, type UrlFilter, type UrlListing } from '../../urls/url-listing.ts';
import type { UrlPage } from '../../urls/url-registry.ts';
import { instantSchema, wholeNumberSchema } from '../request/request-schemas.ts';
import { type ParameterDeclaration, parameters } from '../route/declared-parameters.ts';
import { presentUrl, type urlPageSchema } from './url-schemas.ts';

/** URLs on a page: in the order of codes, and of a client that counts pages. */
const DEFAULT_LIMIT = 100;
const DEFAULT_PAGE_SIZE = 20;
const MAX_LIMIT = 1_000;
const MAX_PAGE = 1_000_000;

const STATUSES = ['ACTIVE', 'INACTIVE', 'EXPIRED', 'BLOCKED'] as const;
const SORTS = namesOf(URL_SORTS);
const SORT_ORDERS = ['ascending', 'asc', '1', 'descending', 'desc', '-1'] as const;

/** What a listing can be narrowed by. Links that are not active, have a password or a maximum of clicks are no links of Spoor's. */
const filterSchema = z.strictObject({
  status: z.enum(STATUSES).optional(),
  createdAfter: instantSchema.optional(),
  createdBefore: instantSchema.optional(),
  passwordSet: z.boolean().optional(),
  maxClicksSet: z.boolean().optional(),
  search: z.string().max(500).optional(),
  tag: z.string().max(500).optional(),
});

const FILTER_NAMES = Object.keys(filterSchema.shape);

/** `nothing`: no URL of Spoor's is like that. */
const filterParameter = z
  .string()
  .transform((text, context): UrlFilter | 'nothing' => {
    const parsed = filterSchema.safeParse(jsonOf(text));
    if (!parsed.success) {
      context.addIssue({ code: 'custom', message: wrongFilter(parsed.error) });
      return z.NEVER;
    }
    const { status = 'ACTIVE', passwordSet = false, maxClicksSet = false, ...filter } = parsed.data;
    return status !== 'ACTIVE' || passwordSet || maxClicksSet ? 'nothing' : filter;
  })
  .optional();

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrongFilter({ issues: [issue] }: z.ZodError): string {
  const names = FILTER_NAMES.join(', ');
  if (issue?.code === 'unrecognized_keys') {
    return `cannot name ${quotable(issue.keys[0] ?? '')}, which Spoor does not store: it can name ${names}`;
  }
  if (issue?.path[0] === undefined) return `must be a JSON object that names any of: ${names}`;
  return `has a wrong ${String(issue.path[0])}: ${issue.message}`;
}

const filter: ParameterDeclaration<typeof filterParameter> = {
  in: 'query',
  schema: filterParameter,
  description: `Only these URLs, as a JSON object with any of: \`createdAfter\`, \`createdBefore\` (ISO 8601 or Unix time, included), \`search\` (a text in the code or the long URL, in any case), \`tag\` (one of its tags), \`status\`, \`passwordSet\`, \`maxClicksSet\` (all URLs are \`ACTIVE\`, without a password or a maximum).`,
  example: '{"search":"launch"}',
};

/** The parameters of a list of URLs. */
export const urlListParameters = parameters({
  cursor: {
    in: 'query',
    schema: z
      .string()
      .transform(readCursor)
      .refine((code) => code !== undefined, 'must be the next_cursor of an earlier response')
      .optional(),
    description: 'The `next_cursor` of the page before.',
    example: 'bGF1bmNo',
  },
  limit: {
    in: 'query',
    schema: wholeNumberSchema(MAX_LIMIT).optional(),
    description: `URLs on the page. Default: ${DEFAULT_LIMIT}, with \`page\` ${DEFAULT_PAGE_SIZE}.`,
  },
  page: {
    in: 'query',
    schema: wholeNumberSchema(MAX_PAGE).optional(),
    description: 'The number of the page, from 1 on, in place of a cursor.',
  },
  pageSize: {
    in: 'query',
    schema: wholeNumberSchema(MAX_LIMIT).optional(),
    description: 'The same as `limit`.',
  },
  sortBy: {
    in: 'query',
    schema: z
      .enum(
        SORTS,
        `must be one of: ${SORTS.join(', ')}; clicks are not stored with a URL: group /api/v1/stats by short_code for those`,
      )
      .optional(),
    description: 'The sort order. Default: `short_code`, with `page` or `pageSize` `created_at`.',
  },
  sortOrder: {
    in: 'query',
    schema: z.enum(SORT_ORDERS, `must be one of: ${SORT_ORDERS.join(', ')}`).optional(),
    description: 'Default: the newest first, codes ascending.',
  },
  filter,
  filterBy: { ...filter, description: 'The same as `filter`.' },
});

type Parsed = ReturnType<typeof urlListParameters.parse>;

/** A page that a client asks for. */
export interface AskedPage {
  readonly listing: UrlListing;
  /** undefined: the pages are not counted. */
  readonly page: number | undefined;
  /** No URL is like that. */
  readonly isEmpty: boolean;
}

/** @throws AppError 400 for parameters that do not go together */
export function askedPage(given: Parsed, ownerId: string | undefined): AskedPage {
  const { cursor, page, pageSize, sortBy, sortOrder } = given;
  const counted = page ?? pageSize;
  if (cursor !== undefined && (counted ?? sortBy ?? sortOrder) !== undefined) {
    throw invalid('cursor', 'cursor goes on in the order of codes: it goes with limit and filter alone.');
  }
  const limit = oneOf('pageSize', given.limit, pageSize);
  const filter = oneOf('filterBy', given.filter, given.filterBy) ?? {};
  const sort = sortBy ?? (counted === undefined ? 'short_code' : 'created_at');
  const isDescending =
    sortOrder === undefined ? sort === 'created_at' : ['descending', 'desc', '-1'].includes(sortOrder);
  const size = limit ?? (page === undefined ? DEFAULT_LIMIT : DEFAULT_PAGE_SIZE);
  return {
    listing: {
      ownerId,
      filter: filter === 'nothing' ? {} : filter,
      sort,
      isDescending,
      after: cursor,
      offset: ((page ?? 1) - 1) * size,
      limit: size,
    },
    page: cursor === undefined ? (page ?? 1) : undefined,
    isEmpty: filter === 'nothing',
  };
}

/** The value of a parameter that has two names. */
function oneOf<Value>(
  second: keyof Parsed,
  value: Value | undefined,
  other: Value | undefined,
): Value | undefined {
  if (value !== undefined && other !== undefined) {
    throw invalid(second, `${second} is another name of a parameter that is given: send one of them.`);
  }
  return value ?? other;
}

/** @param total URLs on all pages; undefined: they are not counted */
export function presentUrlPage(
  { listing, page }: AskedPage,
  { items, hasNext }: UrlPage,
  total: number | undefined,
): z.output<typeof urlPageSchema.schema> {
  const { sort, isDescending, limit } = listing;
  const isByCode = sort !== 'created_at' && !isDescending;
  const last = hasNext && isByCode ? items.at(-1) : undefined;
  return {
    items: items.map(presentUrl),
    next_cursor: last === undefined ? null : writeCursor(last.shortCode),
    ...(page === undefined ? {} : { page }),
    pageSize: limit,
    ...(total === undefined ? {} : { total }),
    hasNext,
    sortBy: sort,
    sortOrder: isDescending ? 'descending' : 'ascending',
  };
}

/** The cursor of the page after a code. */
function writeCursor(shortCode: string): string {
  return Buffer.from(shortCode).toString('base64url');
}

/** The code that a cursor stands for; undefined when it is no cursor. */
function readCursor(cursor: string): string | undefined {
  const shortCode = Buffer.from(cursor, 'base64url').toString('utf8');
  return writeCursor(shortCode) === cursor ? shortCode : undefined;
}
