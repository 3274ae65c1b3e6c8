import { z } from 'zod';
import { COMPRESSIBLE_FORMATS, ESCAPE_CHOICES } from '../../click-rows/export-request.ts';
import { CLICK_FORMATS, CLICK_FORMAT_NAMES, CLICK_SHEET_FORMAT_NAMES } from '../../export/click-formats.ts';
import { COMPRESSIONS, COMPRESSION_NAMES } from '../../export/compressions.ts';
import { listed } from '../../lib/names.ts';
import type { MediaType, Parameter } from '../openapi/model.ts';
import { namedSchema, ref } from '../openapi/schemas.ts';
import { CLICK_SCOPES } from '../request/tenant.ts';
import { sendClickExport } from '../response/export-response.ts';
import { keyForOwnUrl } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parsedBy } from '../route/declared-parameters.ts';
import { RESPONDED, written } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { clickParameters, clickSchema } from './click-parameters.ts';
import { NOT_ONE_OF, EXPORT_HEADERS } from './common-responses.ts';
import { EXPORT_RATE_LIMIT } from './rate-limits.ts';

const BINARY: MediaType = { schema: { type: 'string', format: 'binary' } };
const TEXT: MediaType = { schema: { type: 'string' } };

/** As a page of the listing, but without a limit. */
const fileSchema = namedSchema(
  'ClickFile',
  z
    .strictObject({ items: z.array(clickSchema.schema), next_cursor: z.null() })
    .describe('All clicks, as a page of the listing has them.'),
);

const codes = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const FILE_PARAMETERS: Readonly<Record<string, Omit<Parameter, 'name' | 'in'>>> = {
  format: {
    required: true,
    description: `The file's format: ${CLICK_FORMAT_NAMES.map((name) => `\`${name}\` (\`${CLICK_FORMATS[name].contentType}\`)`).join(', ')}.`,
    schema: { type: 'string', enum: CLICK_FORMAT_NAMES },
    example: 'parquet',
  },
  compress: {
    description: `Has the file compressed, with ${codes(COMPRESSION_NAMES)} as the end of its name: ${codes(COMPRESSIBLE_FORMATS)} only. Without it they are sent with \`Content-Encoding: gzip\` to clients that accept it.`,
    schema: { type: 'string', enum: COMPRESSION_NAMES },
    example: 'gzip',
  },
  escape: {
    description: `In ${listed(CLICK_SHEET_FORMAT_NAMES, 'and')}, text that a spreadsheet would take for a formula gets a \`'\` put before it. \`none\`: every text stands as it is.`,
    schema: { type: 'string', enum: ESCAPE_CHOICES, default: 'formulas' },
    example: 'none',
  },
};

const OWN_DEFAULTS: Readonly<Record<string, string>> = {
  start_date: ' Default: the oldest click.',
  order: ' Default: any order.',
};

/** The parameters of `GET /api/v1/export/clicks`. */
export function clickExportParameters(): readonly Parameter[] {
  return [
    ...Object.entries(FILE_PARAMETERS).map(([name, rest]): Parameter => ({ name, in: 'query', ...rest })),
    ...clickParameters().map((parameter) => ({
      ...parameter,
      description: `${parameter.description}${OWN_DEFAULTS[parameter.name] ?? ''}`,
    })),
  ];
}

const CONTENTS = Object.fromEntries([
  ...CLICK_FORMAT_NAMES.map((name) => {
    const { contentType, capability } = CLICK_FORMATS[name];
    const text = name === 'json' ? { schema: ref(fileSchema) } : TEXT;
    return [contentType.split(';')[0] ?? contentType, capability === 'raw' ? BINARY : text] as const;
  }),
  ...COMPRESSION_NAMES.map((name) => [COMPRESSIONS[name].contentType, BINARY] as const),
]);

const exportClicks = route({
  method: 'get',
  path: '/api/v1/export/clicks',
  operationId: 'exportClicks',
  tag: 'Exports',
  summary: 'Export the clicks themselves as a file',
  description: `Each click as a row, without a limit: without \`start_date\` from the oldest on. There is no address and no user agent in it, since none is stored. The file is streamed as fast as you read it. A failure after the first byte breaks the connection, so a cut file is never taken for a whole one.

${CLICK_FORMAT_NAMES.map((name) => `- \`${name}\`: ${CLICK_FORMATS[name].description}`).join('\n')}

Times are of UTC, to the millisecond.`,
  access: keyForOwnUrl(...CLICK_SCOPES),
  rateLimit: EXPORT_RATE_LIMIT,
  parameters: parsedBy(clickExportParameters(), () => undefined),
  body: noBody,
  responses: {
    200: written(
      {
        description: 'The file.',
        headers: EXPORT_HEADERS,
        content: CONTENTS,
      },
      fileSchema,
      clickSchema,
    ),
    422: NOT_ONE_OF,
  },
  errors: ['not_found'],
  samples: [
    {
      label: 'All clicks of last month for DuckDB, pandas or a warehouse',
      path: '/api/v1/export/clicks',
      query: { format: 'parquet', range: 'last_month' },
      options: ['--remote-name', '--remote-header-name'],
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal }) => {
      await sendClickExport(services, ctx, principal);
      return RESPONDED;
    },
});

export const EXPORT_CLICK_ROUTES = [exportClicks] as const;
