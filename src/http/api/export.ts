import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError, notOneOf, unavailable } from '../../errors.ts';
import type { ExportFormat } from '../../export/export-format.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES, type ExportFormatName } from '../../export/formats.ts';
import { spooled } from '../../export-spool/spooled.ts';
import type { Workload } from '../../clickhouse/workloads.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { type Tenant, ownershipOf } from '../../stats/sql/conditions.ts';
import { planStats } from '../../stats/plan.ts';
import { compileExport } from '../../stats/sql/compile-export.ts';
import { compileNativeExport } from '../../stats/sql/compile-native-export.ts';
import { readExport } from '../../stats/result/export-content.ts';
import { type RawParameters, valueOf } from '../../stats/parse/parameters.ts';
import { type StatsQuery, forExport, parseQuestion } from '../../stats/parse/query.ts';
import { join, param, sql } from '../../sql/sql.ts';
import { yielding } from '../../lib/event-loop.ts';
import { formatInstant } from '../../lib/time-zone.ts';
import { type Context, signalOf } from '../request/context.ts';
import { holderOf } from '../request/share-holder.ts';
import { exportClassOf } from '../request/query-class.ts';
import { runningExports } from '../response/running-exports.ts';
import type { Services } from '../request/services.ts';
import { withSameClock } from '../request/same-clock.ts';
import { STATS_SCOPES, findTenant } from '../request/tenant.ts';
import { type PathSubject, parsedFrom } from '../response/stats-response.ts';
import { swept } from '../response/garbage-collection.ts';
import type { MediaType } from '../openapi/model.ts';
import { ref } from '../openapi/schemas.ts';
import { keyOrPublicUrl } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parsedBy } from '../route/parameters.ts';
import { RESPONDED, written } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_ONE_OF, RATE_LIMIT_HEADERS } from './common-responses.ts';
import { EXPORT_RATE_LIMIT } from './rate-limits.ts';
import { EXPORTED_EXAMPLE, XML_EXAMPLE } from './stats-examples.ts';
import { exportParameters } from './stats-parameters.ts';
import { breakdownRow, exportedStatsSchema } from './stats-schemas.ts';

/** What is said of some formats besides what they are. */
const CONTENTS: Readonly<Partial<Record<ExportFormatName, MediaType>>> = {
  json: { schema: ref(exportedStatsSchema), examples: { export: { value: EXPORTED_EXAMPLE } } },
  xml: { schema: { type: 'string' }, examples: { export: { value: XML_EXAMPLE } } },
};

function contentOf(name: ExportFormatName): MediaType {
  const { capability }: ExportFormat = EXPORT_FORMATS[name];
  const isText = capability !== 'raw';
  return CONTENTS[name] ?? { schema: isText ? { type: 'string' } : { type: 'string', format: 'binary' } };
}

/** The responses of every route that sends statistics as a file. */
export const EXPORT_RESPONSES = {
  200: written(
    {
      description: 'The file.',
      headers: {
        'Content-Disposition': {
          description: 'A safe name for the file, with the short code or `all` and the range.',
          schema: { type: 'string' },
        },
        ...RATE_LIMIT_HEADERS,
      },
      content: Object.fromEntries(
        EXPORT_FORMAT_NAMES.map((name) => [EXPORT_FORMATS[name].contentType, contentOf(name)]),
      ),
    },
    exportedStatsSchema,
    breakdownRow,
  ),
  422: NOT_ONE_OF,
} as const;

const getExport = route({
  method: 'get',
  path: '/api/v1/export',
  operationId: 'getExport',
  tag: 'Exports',
  summary: 'Export statistics as a file',
  description: `The statistics as a file, complete: without \`start_date\` from the oldest click on, without \`limit\` all groups, and any number of buckets. The file is streamed as fast as you read it. A failure after the first byte breaks the connection, so a cut file is never taken for a whole one.

${EXPORT_FORMAT_NAMES.map((name) => `- \`${name}\`: ${EXPORT_FORMATS[name].description}`).join('\n')}

In csv and xlsx, text that a spreadsheet would take for a formula gets a \`'\` put before it.`,
  access: keyOrPublicUrl(...STATS_SCOPES),
  rateLimit: EXPORT_RATE_LIMIT,
  parameters: parsedBy(exportParameters(), () => undefined),
  body: noBody,
  responses: EXPORT_RESPONSES,
  errors: ['not_found'],
  samples: [
    {
      label: 'Everything by country and city, as an archive of csv files',
      path: '/api/v1/export',
      query: { format: 'csv', group_by: 'country,city' },
      options: ['--remote-name', '--remote-header-name'],
    },
    {
      label: 'A year as a workbook',
      path: '/api/v1/export',
      query: {
        format: 'xlsx',
        start_date: '2025-01-01',
        end_date: '2025-12-31',
        group_by: 'time,referrer',
      },
      options: ['--output clicks.xlsx'],
    },
  ],
  handler: (services) => {
    const stream = streamer(services);
    return async ({ ctx }) => {
      await stream(ctx);
      return RESPONDED;
    };
  },
});

export const EXPORT_ROUTES = [getExport] as const;

const IN_THE_WAY = 'slow, and others waited for its slot';

/** Streams exports to their clients, of the URL that the path names where it does. */
export function streamer(services: Services): (ctx: Context, path?: PathSubject) => Promise<void> {
  return async (ctx, path) => {
    const now = services.now();
    const format = parseFormat(ctx.query);
    const keptSince = services.keptSince(now);
    const timeZones = await services.timeZones();
    const question = parseQuestion(ctx.query, { now, timeZones, keptSince, ...parsedFrom(path) });
    const tenant = await (path?.findTenant() ?? findTenant(services, question.subject, ctx.state.principal));
    const stopped = new AbortController();
    const left = signalOf(ctx);
    if (left.aborted) return;
    left.addEventListener('abort', () => stopped.abort());
    const holder = holderOf(services, ctx);
    const run = async (): Promise<void> => {
      const workload = holder.kind === 'owner' ? 'exports' : 'strangers';
      const oldest = question.start ?? (await oldestOf(services, tenant, workload, keptSince));
      const query = await withSameClock(services, forExport(question, oldest));
      const name = fileName(query, format);
      const sending = runningExports(services.shares.exports).begin(holder, ctx.res);
      let ended: Promise<void> | undefined;
      try {
        const queryClass = exportClassOf(query, tenant, holder, services.cache.rowEstimates);
        const onEnd = (end: Promise<void>): void => {
          ended = end;
        };
        const { database, spread: sharding } = services;
        const plan = planStats(query, tenant, { sharding });
        const file = await firstByte(stopped, services, async () => {
          if (format.kind === 'native') {
            const table = compileNativeExport(plan);
            return database.file(table, format.clickHouseFormat, stopped.signal, queryClass, onEnd);
          }
          const text = compileExport(plan, format.row);
          const bytes = await database.text(text, stopped.signal, queryClass, onEnd);
          return format.write(await readExport(query, swept(bytes), format.row, now));
        });
        ctx.respond = false;
        ctx.res.writeHead(200, {
          'Content-Type': format.contentType,
          'Content-Disposition': `attachment; filename="${name}"`,
          'Cache-Control': 'private, no-store',
        });
        if (ctx.method === 'HEAD') ctx.res.end();
        else {
          const bytes = spooledFor(ctx.res, holder, services, file);
          await pipeline(Readable.from(yielding(bytes), { objectMode: false }), ctx.res);
        }
      } catch (error) {
        // Once the answer has begun the broken connection is the only way to tell; pipeline has seen to that.
        if (!ctx.res.headersSent) throw error;
        const reason = sending.wasInTheWay ? IN_THE_WAY : failureName(error);
        services.log.warn({ failure: reason }, 'an export was cut');
        ctx.res.destroy();
      } finally {
        sending.end();
        stopped.abort();
        // Until then ClickHouse's threads and memory are not free, and neither is the slot.
        await ended;
      }
    };
    await services.shares.exports.within(holder, run, stopped);
  };
}

function parseFormat(raw: RawParameters): ExportFormat {
  const wanted = valueOf(raw, 'format');
  const name = EXPORT_FORMAT_NAMES.find((known) => known === wanted);
  if (name === undefined) throw notOneOf('format', EXPORT_FORMAT_NAMES);
  return EXPORT_FORMATS[name];
}

/** From when on there can be clicks, whatever is filtered: the oldest one, or when the URL was made. */
async function oldestOf(
  { database, urls }: Services,
  tenant: Tenant,
  workload: Workload,
  keptSince = 0,
): Promise<number | undefined> {
  const kept = sql`clicked_at >= fromUnixTimestamp64Milli(${param('Int64', keptSince)}, 'UTC')`;
  const [row] = await database.rows<[number | null]>(
    sql`SELECT toUnixTimestamp64Milli(minOrNull(clicked_at)) FROM clicks
      WHERE ${join([...ownershipOf(tenant), kept], ' AND ')}`,
    { workload, maxSeconds: database.deadlines.firstByteMs / 1_000 },
  );
  const oldest = row?.[0] ?? undefined;
  const created = tenant.kind === 'url' ? (await urls.find(tenant.shortCode))?.createdAt : undefined;
  return oldest === undefined || created === undefined ? (oldest ?? created) : Math.min(oldest, created);
}

async function firstByte<T>(
  stopped: AbortController,
  { database }: Pick<Services, 'database'>,
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stopped.abort();
  }, database.deadlines.firstByteMs);
  try {
    return await work();
  } catch (cause) {
    if (!isLate) throw cause;
    if (!(await database.ping())) throw unavailable('ClickHouse does not respond.', cause);
    throw new AppError(
      'query_timeout',
      'The export took too long to begin: narrow the range or ask for less.',
      {
        cause,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Lets go of ClickHouse's query where the client is slower than it. */
function spooledFor(
  response: ServerResponse,
  holder: Holder,
  { spool }: Services,
  bytes: AsyncIterable<Buffer | string>,
): AsyncIterable<Buffer | string> {
  if (spool === undefined) return bytes;
  return spooled(bytes, {
    createFile: () => spool.create(holder),
    isBehind: () => response.writableNeedDrain,
  });
}

function fileName({ subject, range, timezone }: StatsQuery, format: ExportFormat): string {
  const subjectName = subject.scope === 'anon' ? subject.shortCode : 'all';
  const safe = subjectName.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
  const [start, end] = [range.start, range.end].map((instant) =>
    formatInstant(instant, timezone).slice(0, 10),
  );
  return `spoor_${safe}_${start}_${end}.${format.extension}`;
}
