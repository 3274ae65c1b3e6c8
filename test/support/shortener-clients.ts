/** What a client reads of a response body: paths (`*`: each element) and the types that it takes there. */
export type Reads = Readonly<Record<string, string>>;

/** A request as a published client of spoo.me's API sends it. */
export interface ClientRequest {
  /** The call in the client's own language. */
  readonly call: string;
  readonly method: string;
  /** With its query string as the client encodes it. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isAnonymous?: boolean;
  readonly status: number;
  /** undefined: the body is a file. */
  readonly reads?: Reads;
  /** Headers that it reads, with what must be in them. */
  readonly readsHeaders?: Readonly<Record<string, RegExp>>;
}

const TYPESCRIPT = { accept: 'application/json', 'x-spoo-client': 'sdk-ts/0.2.0' };
const PYTHON = {
  accept: 'application/json',
  'user-agent': 'spoo-python/1.0.0',
  'x-spoo-client': 'sdk-py/1.0.0',
};
const JSON_BODY = { 'content-type': 'application/json' };

const STATS: Reads = {
  filters: 'object',
  group_by: 'array',
  'group_by.*': 'string',
  timezone: 'string',
  'time_range.start_date': 'string or null',
  'time_range.end_date': 'string or null',
  'summary.total_clicks': 'integer',
  'summary.unique_clicks': 'integer',
  'summary.first_click': 'string or null',
  'summary.last_click': 'string or null',
  'summary.avg_redirection_time': 'number or null',
  generated_at: 'string',
  api_version: 'string',
  metrics: 'object',
};

const COMPUTED: Reads = {
  'computed_metrics.unique_click_rate': 'number',
  'computed_metrics.repeat_click_rate': 'number',
  'computed_metrics.average_clicks_per_visitor': 'number',
};

const BY_TIME: Reads = {
  'time_bucket_info.strategy': 'string',
  'time_bucket_info.mongo_format': 'string',
  'time_bucket_info.display_format': 'string',
  'time_bucket_info.timezone': 'string',
  'time_bucket_info.interval_minutes': 'integer or null',
  'metrics.clicks_by_time.*.time': 'string',
  'metrics.clicks_by_time.*.clicks': 'integer',
  'metrics.clicks_by_time.*.clicks_percentage': 'number',
};

const BY_BROWSER: Reads = {
  'metrics.clicks_by_browser.*.browser': 'string',
  'metrics.clicks_by_browser.*.clicks': 'integer',
  'metrics.unique_clicks_by_browser.*.unique_clicks': 'integer',
  'metrics.unique_clicks_by_browser.*.unique_clicks_percentage': 'number',
};

const LINK: Reads = { url_id: 'string', alias: 'string' };

const FACTS: Reads = {
  generation: 'string',
  'link.alias': 'string',
  'link.short_url': 'string',
  'link.long_url': 'string or null',
  'link.created_at': 'string or null',
  'link.status': 'string',
  'link.max_clicks': 'integer or null',
  'link.block_bots': 'boolean',
  'link.password_protected': 'boolean',
};

const PREVIEW: Reads = {
  generation: 'string',
  alias: 'string',
  short_url: 'string',
  status: 'string',
  created_at: 'string or null',
  password_protected: 'boolean',
  'destination.url': 'string',
  'destination.domain': 'string',
  'destination.path': 'string',
  'destination.is_https': 'boolean',
  geo_destinations: 'null',
};

const URL_ITEM: Reads = {
  id: 'string',
  alias: 'string',
  long_url: 'string or null',
  status: 'string',
  created_at: 'string',
  private_stats: 'boolean',
  password_set: 'boolean',
};

const PAGE: Reads = {
  ...under('items.*', URL_ITEM),
  page: 'integer',
  pageSize: 'integer',
  total: 'integer',
  hasNext: 'boolean',
  sortBy: 'string',
  sortOrder: 'string',
};

const ERROR: Reads = { error: 'string', code: 'string', error_code: 'string' };
const LIMITS = {
  'x-request-id': /\S/,
  'x-ratelimit-limit': /^\d+$/,
  'x-ratelimit-remaining': /^\d+$/,
  'x-ratelimit-reset': /^\d{10}$/,
};

function under(path: string, reads: Reads): Reads {
  return Object.fromEntries(Object.entries(reads).map(([name, type]) => [`${path}.${name}`, type]));
}

/** Requests of the TypeScript client, about the links `launch 🚀` (public) and `launch`. */
export const TYPESCRIPT_REQUESTS: readonly ClientRequest[] = [
  {
    call: 'stats.get()',
    method: 'GET',
    path: '/api/v1/stats',
    headers: TYPESCRIPT,
    status: 200,
    reads: { ...STATS, ...COMPUTED, ...BY_TIME },
    readsHeaders: LIMITS,
  },
  {
    call: 'stats.get({shortCode, startDate: Date, endDate: seconds, groupBy, metrics, timezone, filters, browser, country})',
    method: 'GET',
    path: '/api/v1/stats?start_date=2026-01-01T00%3A00%3A00.000Z&end_date=1769903999&group_by=time%2Cbrowser&metrics=clicks%2Cunique_clicks&timezone=Asia%2FKolkata&filters=%7B%22country%22%3A%5B%22United+States%22%2C%22Germany%22%5D%7D&browser=Chrome%2CFirefox&country=Germany&short_code=launch%2C%C3%BC',
    headers: TYPESCRIPT,
    status: 200,
    reads: { ...STATS, ...COMPUTED, ...BY_TIME, ...BY_BROWSER },
  },
  {
    call: "stats.getForLink('launch', {groupBy: ['browser']})",
    method: 'GET',
    path: '/api/v1/stats/links/launch?start_date=2026-01-01&group_by=browser',
    headers: TYPESCRIPT,
    status: 200,
    reads: { ...STATS, ...LINK, ...COMPUTED, ...BY_BROWSER },
    readsHeaders: LIMITS,
  },
  {
    call: "stats.getForLink('foreign')",
    method: 'GET',
    path: '/api/v1/stats/links/foreign',
    headers: TYPESCRIPT,
    status: 404,
    reads: ERROR,
    readsHeaders: { 'x-error-code': /^not_found$/, 'x-request-id': /\S/ },
  },
  {
    call: "stats.export({groupBy: ['browser']}, 'csv')",
    method: 'GET',
    path: '/api/v1/export?group_by=browser&format=csv',
    headers: TYPESCRIPT,
    status: 200,
    readsHeaders: { ...LIMITS, 'content-disposition': /filename="?[^";]+\.zip"?/ },
  },
  {
    call: "public.stats('launch 🚀', {startDate: Date, timezone})",
    method: 'GET',
    path: '/api/v1/public/stats/launch%20%F0%9F%9A%80?start_date=2026-01-01T00%3A00%3A00.000Z&timezone=UTC',
    headers: TYPESCRIPT,
    isAnonymous: true,
    status: 200,
    reads: { ...FACTS, ...under('stats', { ...STATS, ...COMPUTED, ...BY_TIME, ...BY_BROWSER }) },
  },
  {
    call: "public.statsWithPassword('launch 🚀', 'hunter2.A', {timezone})",
    method: 'POST',
    path: '/api/v1/public/stats/launch%20%F0%9F%9A%80?timezone=UTC',
    headers: { ...TYPESCRIPT, ...JSON_BODY },
    body: '{"password":"hunter2.A"}',
    isAnonymous: true,
    status: 200,
    reads: { ...FACTS, ...under('stats', STATS) },
  },
  {
    call: "public.stats('launch'), which is private",
    method: 'GET',
    path: '/api/v1/public/stats/launch',
    headers: TYPESCRIPT,
    isAnonymous: true,
    status: 404,
    reads: ERROR,
  },
  {
    call: "public.preview('launch 🚀')",
    method: 'GET',
    path: '/api/v1/public/preview/launch%20%F0%9F%9A%80',
    headers: TYPESCRIPT,
    isAnonymous: true,
    status: 200,
    reads: PREVIEW,
  },
  {
    call: 'links.list()',
    method: 'GET',
    path: '/api/v1/urls?page=1',
    headers: TYPESCRIPT,
    status: 200,
    reads: PAGE,
  },
  {
    call: 'links.list({page, pageSize, sortBy, sortOrder, filter})',
    method: 'GET',
    path: '/api/v1/urls?page=1&pageSize=50&sortBy=created_at&sortOrder=descending&filter=%7B%22status%22%3A%22ACTIVE%22%2C%22search%22%3A%22laun%22%2C%22createdAfter%22%3A%222020-01-01T00%3A00%3A00.000Z%22%7D',
    headers: TYPESCRIPT,
    status: 200,
    reads: PAGE,
  },
  {
    call: "links.get('launch')",
    method: 'GET',
    path: '/api/v1/urls/launch',
    headers: TYPESCRIPT,
    status: 200,
    reads: URL_ITEM,
  },
  {
    call: "stats.get({timezone: 'Nowhere'})",
    method: 'GET',
    path: '/api/v1/stats?timezone=Nowhere',
    headers: TYPESCRIPT,
    status: 400,
    reads: { ...ERROR, field: 'string' },
    readsHeaders: { ...LIMITS, 'x-error-code': /^validation_error$/ },
  },
];

/** Requests of the Python client, about the same. */
export const PYTHON_REQUESTS: readonly ClientRequest[] = [
  {
    call: 'stats.query(start_date=datetime, group_by=…, filters=StatsFilter(…))',
    method: 'GET',
    path: '/api/v1/stats?timezone=UTC&start_date=2026-01-01T00%3A00%3A00.123456%2B00%3A00&group_by=time%2Cbrowser&metrics=clicks%2Cunique_clicks&filters=%7B%22browser%22%3A%20%5B%22Chrome%22%2C%20%22Firefox%22%5D%2C%20%22short_code%22%3A%20%5B%22launch%22%5D%7D',
    headers: PYTHON,
    status: 200,
    reads: { ...STATS, ...COMPUTED, ...BY_TIME, ...BY_BROWSER },
    readsHeaders: LIMITS,
  },
  {
    call: "stats.for_link('launch')",
    method: 'GET',
    path: '/api/v1/stats/links/launch?timezone=UTC',
    headers: PYTHON,
    status: 200,
    reads: { ...STATS, ...LINK, ...BY_TIME },
  },
  {
    call: "stats.public('launch 🚀')",
    method: 'GET',
    path: '/api/v1/public/stats/launch%20%F0%9F%9A%80?timezone=UTC',
    headers: PYTHON,
    isAnonymous: true,
    status: 200,
    reads: { ...FACTS, ...under('stats', { ...STATS, ...BY_TIME }) },
  },
  {
    call: "stats.public('launch 🚀', password=…)",
    method: 'POST',
    path: '/api/v1/public/stats/launch%20%F0%9F%9A%80?timezone=UTC',
    headers: { ...PYTHON, ...JSON_BODY },
    body: '{"password": "hunter2.A"}',
    isAnonymous: true,
    status: 200,
    reads: { ...FACTS, ...under('stats', { ...STATS, ...BY_TIME }) },
  },
  {
    call: "stats.export('xlsx')",
    method: 'GET',
    path: '/api/v1/export?timezone=UTC&format=xlsx',
    headers: PYTHON,
    status: 200,
  },
  {
    call: "stats.export_link('launch', 'json', group_by=['browser'])",
    method: 'GET',
    path: '/api/v1/export/links/launch?timezone=UTC&group_by=browser&format=json',
    headers: PYTHON,
    status: 200,
    reads: { ...STATS, ...BY_BROWSER },
  },
  {
    call: 'links.list_page(filter=LinkFilter(search=…))',
    method: 'GET',
    path: '/api/v1/urls?page=1&pageSize=20&sortBy=created_at&sortOrder=descending&filter=%7B%22passwordSet%22%3A%20false%2C%20%22search%22%3A%20%22laun%22%7D',
    headers: PYTHON,
    status: 200,
    reads: PAGE,
  },
  {
    call: "links.get('launch')",
    method: 'GET',
    path: '/api/v1/urls/launch',
    headers: PYTHON,
    status: 200,
    reads: URL_ITEM,
  },
  {
    call: "links.preview('launch 🚀')",
    method: 'GET',
    path: '/api/v1/public/preview/launch%20%F0%9F%9A%80',
    headers: PYTHON,
    isAnonymous: true,
    status: 200,
    reads: PREVIEW,
  },
  {
    call: "stats.export('pdf')",
    method: 'GET',
    path: '/api/v1/export?timezone=UTC&format=pdf',
    headers: PYTHON,
    status: 422,
    reads: { ...ERROR, field: 'string' },
  },
];
