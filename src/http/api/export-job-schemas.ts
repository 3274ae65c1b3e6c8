import { z } from 'zod';
import { EXPORTED, type Exported, type ExportJob } from '../../export-jobs/export-job.ts';
import { CLICK_FORMAT_NAMES } from '../../export/click-formats.ts';
import { EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import { mapEntries } from '../../lib/names.ts';
import { PROPERTY_NAMES } from '../../stats/registry/properties.ts';
import type { Parameter } from '../openapi/model.ts';
import { anything, requestSchema } from '../openapi/schemas.ts';
import type { Services } from '../request/services.ts';
import { withoutObjects } from '../route/declared-parameters.ts';
import { clickExportParameters } from './export-clicks.ts';
import type { JobBody } from './export-job-body.ts';
import { exportParameters } from './stats-parameters.ts';
import { fieldOf } from './stats-query-schemas.ts';

const PARAMETERS: Readonly<Record<Exported, readonly Parameter[]>> = {
  stats: exportParameters().flatMap(withoutObjects),
  clicks: clickExportParameters().flatMap(withoutObjects),
};

/** The names of an order's parameters, by what it exports. */
export const ORDER_NAMES = mapEntries(PARAMETERS, (what) => PARAMETERS[what].map(({ name }) => name));

const FORMAT = {
  description: 'The format of the file: one of those that the route has for what is exported.',
  schema: { type: 'string', enum: [...new Set<string>([...EXPORT_FORMAT_NAMES, ...CLICK_FORMAT_NAMES])] },
};

/** Those of any order; what both kinds have says the same of both. */
export const ORDER_PARAMETERS: readonly Parameter[] = [
  ...new Map([...PARAMETERS.clicks, ...PARAMETERS.stats].map((one) => [one.name, one] as const)).values(),
].map((one) => (one.name === 'format' ? { ...one, ...FORMAT } : one));

/** An export to be made. Its parameters are parsed as those of a query string are. */
export const orderSchema = requestSchema(
  'ExportOrder',
  z
    .strictObject({
      ...Object.fromEntries(ORDER_PARAMETERS.map(({ name }) => [name, anything])),
      what: anything,
      destination: anything,
    })
    .meta({
      patternProperties: { [PROPERTY_NAMES]: { type: ['string', 'array'], items: { type: 'string' } } },
      required: ['format'],
    }),
  {
    description:
      'An export by the parameters of `GET /api/v1/export`, or with `what` of `GET /api/v1/export/clicks`.',
    fields: () => ({
      ...Object.fromEntries(ORDER_PARAMETERS.map((parameter) => [parameter.name, fieldOf(parameter)])),
      what: {
        description:
          '`stats`: statistics, as `GET /api/v1/export`; `clicks`: the clicks themselves, as `GET /api/v1/export/clicks`, with the scope `clicks:read`.',
        type: 'string',
        enum: EXPORTED,
        default: 'stats',
      },
      destination: {
        description:
          'The name of a destination that the operator has set up. Default: the file is stored by Spoor, to be downloaded.',
        type: ['string', 'null'],
      },
    }),
  },
);

/** A job as the API describes it. */
export function presentJob({ exportJobs }: Pick<Services, 'exportJobs'>, job: ExportJob): JobBody {
  const { id, ownerId, order, state, rows, bytes, fileName, instance, error } = job;
  const status = exportJobs.isExpired(job) ? 'expired' : state;
  const key = state === 'done' ? exportJobs.keyOf(job) : undefined;
  return {
    id,
    owner_id: ownerId,
    what: order.what,
    format: order.format,
    status,
    progress: status === 'running' ? job.progress : PROGRESS[status],
    rows,
    bytes,
    file_name: fileName,
    destination: order.destination,
    ...(key !== undefined && { destination_key: key }),
    instance,
    created_at: iso(job.createdAt),
    finished_at: job.finishedAt === null ? null : iso(job.finishedAt),
    expires_at: iso(job.expiresAt),
    ...(error !== null && { error }),
  };
}

const PROGRESS = { queued: 0, done: 1, failed: null, expired: null } as const;

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
