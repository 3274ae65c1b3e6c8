import type { Header, MediaType, RouteDescription } from './model.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES, type ExportFormatName } from '../../export/formats.ts';
import { EXPORTED_EXAMPLE, STATS_EXAMPLE, XML_EXAMPLE } from './stats-examples.ts';
import { ref } from './schemas.ts';
import { exportParameters, statsParameters } from './stats-parameters.ts';

const QUESTION_ERRORS = ['forbidden', 'not_found'] as const;

const ACCESS = { kind: 'key or public URL', scopes: ['stats:read', 'urls:read'] } as const;

/** The routes that answer questions about clicks. */
export function statsRoutes(): readonly RouteDescription[] {
  return [
    {
      method: 'get',
      path: '/api/v1/stats',
      operationId: 'getStats',
      tag: 'Statistics',
      summary: 'Ask for statistics',
      description: `Clicks and exact unique visitors of a range of time, in lists by what you group by. Every list agrees with the summary, also while clicks pour in.

Time's lists are complete: every bucket of the range stands there, with 0 where nothing happened. A day of 23 or 25 hours has so many hourly buckets. Percentages are of the summary's totals.

The answer has a weak \`ETag\` over everything but \`generated_at\`; send it as \`If-None-Match\`, and while nothing has changed you get 304.`,
      access: ACCESS,
      parameters: [
        ...statsParameters(),
        {
          name: 'If-None-Match',
          in: 'header',
          description: 'The `ETag` of an answer you have.',
          schema: { type: 'string' },
          example: 'W/"x"',
        },
      ],
      answers: {
        200: {
          description: 'The statistics.',
          headers: {
            ETag: { description: 'Names the answer.', schema: { type: 'string' } },
            ...rateLimitHeaders(),
          },
          content: {
            'application/json': {
              schema: ref('StatsAnswer'),
              examples: {
                compared: { summary: 'Two days by time and browser, compared', value: STATS_EXAMPLE },
              },
            },
          },
        },
        304: { description: 'The answer you have still holds. No body.' },
      },
      errors: QUESTION_ERRORS,
      samples: [
        {
          label: 'The last seven days by day and country',
          path: '/api/v1/stats',
          query: { group_by: 'time,country', timezone: 'America/New_York' },
        },
        {
          label: 'A month, compared with the days before it',
          path: '/api/v1/stats',
          query: { start_date: '2026-01-01', end_date: '2026-01-31', compare: 'previous' },
        },
        {
          label: 'One URL whose statistics are public',
          path: '/api/v1/stats',
          query: { scope: 'anon', short_code: 'launch', group_by: 'browser' },
          withoutKey: true,
        },
      ],
    },
    {
      method: 'get',
      path: '/api/v1/export',
      operationId: 'getExport',
      tag: 'Exports',
      summary: 'Export statistics as a file',
      description: `The statistics as a file, with everything there is: without \`start_date\` from the oldest click on, without \`limit\` all groups, and any number of buckets. It is streamed at your pace. A failure after the first byte breaks the connection, so a cut file is never taken for a whole one.

- \`csv\`: a zip archive of \`summary.csv\` and one file a list
- \`xlsx\`: a workbook of the sheet \`Summary\` and one a list
- \`json\`: the statistics answer
- \`xml\`: the same tree

In csv and xlsx, text that a spreadsheet would take for a formula gets a \`'\` put before it.`,
      access: ACCESS,
      parameters: exportParameters(),
      answers: {
        200: {
          description: 'The file.',
          headers: {
            'Content-Disposition': {
              description: 'A safe name for the file, with the short code or `all` and the range.',
              schema: { type: 'string' },
            },
            ...rateLimitHeaders(),
          },
          content: Object.fromEntries(
            EXPORT_FORMAT_NAMES.map((name) => [EXPORT_FORMATS[name].contentType, CONTENTS[name] ?? FILE]),
          ),
        },
      },
      errors: QUESTION_ERRORS,
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
    },
  ];
}

const FILE: MediaType = { schema: { type: 'string', format: 'binary' } };

/** Of the formats that are text. */
const CONTENTS: Readonly<Partial<Record<ExportFormatName, MediaType>>> = {
  json: { schema: ref('ExportedAnswer'), examples: { export: { value: EXPORTED_EXAMPLE } } },
  xml: { schema: { type: 'string' }, examples: { export: { value: XML_EXAMPLE } } },
};

function rateLimitHeaders(): Readonly<Record<string, Header>> {
  const schema = { type: 'integer', minimum: 0 };
  const window = 'of the window that ends first, or of the one that has nothing left.';
  return {
    'RateLimit-Limit': { description: `Requests that fit, ${window}`, schema },
    'RateLimit-Remaining': { description: `Requests that still fit, ${window}`, schema },
    'RateLimit-Reset': { description: `Seconds until its end, ${window}`, schema },
  };
}
