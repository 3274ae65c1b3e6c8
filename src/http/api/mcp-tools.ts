import { AppError, invalid } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { namesOf } from '../../lib/names.ts';
import { MAX_CHARACTERS, fittingText } from '../../mcp/fitting-text.ts';
import type { ToolDescription, Tools } from '../../mcp/tool.ts';
import type { ShortUrl } from '../../urls/short-url.ts';
import { type Context, requireScope } from '../request/context.ts';
import { jsonParameters } from '../request/json-parameters.ts';
import { requestIdOf } from '../request/request-id.ts';
import type { Services } from '../request/services.ts';
import { inRegistryShare } from '../request/registry-share.ts';
import { exposedError } from '../response/error-response.ts';
import { askerOf, statsResponse } from '../response/stats-response.ts';
import { clickPage } from './click-list.ts';
import {
  ASKED_CLICK_NAMES,
  ASKED_NAMES,
  clicksInput,
  groupsInput,
  linksInput,
  questionInput,
} from './mcp-tool-inputs.ts';
import type { StatsBody } from './stats-schemas.ts';
import { presentUrl } from './url-schemas.ts';

/** Who calls a tool: a key that may ask for statistics. */
export interface ToolCaller {
  readonly services: Services;
  readonly ctx: Context;
  readonly principal: Principal;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

type Fields = Readonly<Record<string, unknown>>;

interface Tool extends Omit<ToolDescription, 'name' | 'inputSchema'> {
  readonly inputSchema: () => ToolDescription['inputSchema'];
  /** What lists its rows page by page: a page that does not fit is asked for again with fewer of them. */
  readonly pagedList?: string;
  /** @throws AppError, whose sentence the model gets */
  readonly run: (caller: ToolCaller, given: Fields) => Promise<Fields>;
}

/** A larger body is not even parsed. */
const MAX_BODY_BYTES = 1_048_576;

const TOOLS = {
  query_stats: {
    title: 'Query click statistics',
    description:
      'Exact numbers about clicks in a time range: totals in `summary`, and in `metrics` a list for each dimension of `group_by` and each metric. Without dates, the last 7 days.',
    inputSchema: questionInput.jsonSchema,
    run: async (caller, given) => ({ ...(await askStats(caller, questionInput.parse(given))) }),
  },
  list_groups: {
    title: 'List the groups of a dimension',
    description:
      'The values of a dimension with their clicks, most clicks first: what filters can name. Without dates, of the last 30 days.',
    inputSchema: groupsInput.jsonSchema,
    run: async (caller, given) => {
      const { dimension, search, ...others } = groupsInput.parse(given);
      if (dimension === 'time') throw invalid('dimension', 'dimension must be another than time.');
      const named = search === undefined ? {} : { contains: [search], case_sensitive: false };
      const { metrics, group_counts, time_range } = await askStats(caller, {
        ...(isDated(given) ? {} : { range: 'last_30_days' }),
        ...others,
        group_by: [dimension],
        metrics: ['clicks'],
        filters: search === undefined ? null : { [dimension]: named },
      });
      const [groups = []] = Object.values(metrics);
      const [total = 0] = Object.values(group_counts);
      return { groups, total, time_range };
    },
  },
  list_links: {
    title: 'List links',
    description:
      'Short links in the order of their codes. For their clicks, group query_stats by short_code. Needs a key with `urls:read`.',
    inputSchema: linksInput.jsonSchema,
    pagedList: 'links',
    run: async ({ services, ctx, principal, signal }, given) => {
      const { search, tag, after, limit } = linksInput.parse(given);
      requireScope(principal, 'urls:read');
      const ownerId = isAdmin(principal) ? undefined : principal.ownerId;
      const order = { sort: 'short_code', isDescending: false, offset: 0 } as const;
      const { items, hasNext } = await inRegistryShare(
        services,
        ctx,
        () => services.urls.list({ ...order, ownerId, filter: { search, tag }, after, limit }),
        signal,
      );
      return { links: items.map(presentLink), next: hasNext ? items.at(-1)?.shortCode : undefined };
    },
  },
  list_clicks: {
    title: 'List clicks',
    description:
      'The clicks themselves, one by one, the newest first: for examples, not for counting, which query_stats does. Without dates, of the last 7 days. Needs a key with `clicks:read`.',
    inputSchema: clicksInput.jsonSchema,
    pagedList: 'clicks',
    run: async ({ services, ctx, principal }, given) => {
      const { fields: named, ...others } = clicksInput.parse(given);
      const areVisitorsDue = others['visitors'] === true && given['fields'] === undefined;
      const fields = areVisitorsDue ? [...named, 'visitor'] : named;
      const { cursor, limit } = others;
      // Nobody has asked for the defaults of a page that is named by its cursor alone.
      const isNext = Object.keys(given).every((name) => name === 'cursor' || name === 'limit');
      const asked = cursor !== undefined && isNext ? { cursor, limit } : { ...others, fields: fields.join() };
      const raw = jsonParameters(asked, ASKED_CLICK_NAMES);
      const { items, next_cursor: next } = await clickPage(services, askerOf(services, ctx), principal, raw);
      return { clicks: [...items], next_cursor: next };
    },
  },
} as const satisfies Readonly<Record<string, Tool>>;

/** The names of the tools, in the order they are offered. */
export const TOOL_NAMES = namesOf(TOOLS);

/** The tools, for one who sent a request. */
export function toolsFor(caller: ToolCaller): Tools {
  const { services, ctx, signal } = caller;
  return {
    list: async () =>
      TOOL_NAMES.map((name) => {
        const { title, description, inputSchema } = TOOLS[name];
        return { name, title, description, inputSchema: inputSchema() };
      }),
    call: async (asked, given) => {
      const name = TOOL_NAMES.find((one) => one === asked);
      if (name === undefined) return undefined;
      try {
        return { text: await textOf(TOOLS[name], caller, given), isError: false };
      } catch (error) {
        signal.throwIfAborted();
        return { text: exposedError(error, services.log, requestIdOf(ctx.req)).message, isError: true };
      }
    },
  };
}

/** @throws AppError as the tool does */
async function textOf(tool: Tool, caller: ToolCaller, given: Fields): Promise<string> {
  const result = await tool.run(caller, given);
  const rows = tool.pagedList === undefined ? undefined : result[tool.pagedList];
  const most = Array.isArray(rows) ? rowsThatFit(result, rows) : Infinity;
  if (!Array.isArray(rows) || rows.length <= Math.max(1, most)) return fittingText(result);
  // A page that was cut would go on behind rows that nobody has seen.
  return textOf(tool, caller, { ...given, limit: Math.max(1, most) });
}

/** How many of a result's rows, from the first on, a model can read beside what else is in it. */
function rowsThatFit(result: Fields, rows: readonly unknown[]): number {
  const lengths = rows.map((row) => JSON.stringify(row).length + 1);
  let room = MAX_CHARACTERS - JSON.stringify(result).length + lengths.reduce((sum, one) => sum + one, 0);
  const first = lengths.findIndex((length) => (room -= length) < 0);
  return first === -1 ? rows.length : first;
}

async function askStats({ services, ctx }: ToolCaller, question: Fields): Promise<StatsBody> {
  const raw = jsonParameters(question, ASKED_NAMES);
  // As POST /api/v1/stats/query names it, so that both share what is cached.
  const asked = { text: `\n${JSON.stringify(raw)}`, raw: () => raw };
  const { body } = await statsResponse(services, askerOf(services, ctx), asked);
  if (body.length <= MAX_BODY_BYTES) return JSON.parse(body.toString());
  throw new AppError(
    'validation_error',
    'The result is too large: ask for a longer interval, a shorter range, or fewer dimensions and metrics.',
  );
}

function isDated(given: Fields): boolean {
  return ['range', 'start_date', 'end_date'].some((name) => (given[name] ?? null) !== null);
}

function presentLink(url: ShortUrl): Fields {
  const { short_code, owner_id, created_at, long_url, tags } = presentUrl(url);
  return { short_code, owner_id, created_at, long_url, tags };
}
