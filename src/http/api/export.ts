import type { ExportFormat } from '../../export/export-format.ts';
import {
  EXPORT_FORMATS,
  EXPORT_FORMAT_NAMES,
  type ExportFormatName,
  SHEET_FORMAT_NAMES,
} from '../../export/formats.ts';
import { listed } from '../../lib/names.ts';
import { STATS_SCOPES } from '../request/tenant.ts';
import { sendExport } from '../response/export-response.ts';
import type { MediaType } from '../openapi/model.ts';
import { ref } from '../openapi/schemas.ts';
import { keyOrPublicUrl } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parsedBy } from '../route/declared-parameters.ts';
import { RESPONDED, written } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_ONE_OF, EXPORT_HEADERS } from './common-responses.ts';
import { EXPORT_RATE_LIMIT } from './rate-limits.ts';
import { EXPORTED_EXAMPLE, XML_EXAMPLE } from './stats-examples.ts';
import { exportParameters } from './stats-parameters.ts';
import { breakdownRow } from './list-schemas.ts';
import { statsSchema } from './stats-schemas.ts';

/** What is said of some formats besides what they are. */
const CONTENTS: Readonly<Partial<Record<ExportFormatName, MediaType>>> = {
  json: { schema: ref(statsSchema), examples: { export: { value: EXPORTED_EXAMPLE } } },
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
      headers: EXPORT_HEADERS,
      content: Object.fromEntries(
        EXPORT_FORMAT_NAMES.map((name) => [EXPORT_FORMATS[name].contentType, contentOf(name)]),
      ),
    },
    statsSchema,
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

In ${listed(SHEET_FORMAT_NAMES, 'and')}, text that a spreadsheet would take for a formula gets a \`'\` put before it.`,
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
  handler:
    (services) =>
    async ({ ctx }) => {
      await sendExport(services, ctx);
      return RESPONDED;
    },
});

export const EXPORT_ROUTES = [getExport] as const;
