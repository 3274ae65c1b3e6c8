import { z } from 'zod';
import { EXPORTED, JOB_STATES } from '../../export-jobs/export-job.ts';
import { MAX_WAITING } from '../../export-jobs/export-jobs.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { timestampSchema } from '../response/timestamp-schema.ts';

export const STATUSES = [...JOB_STATES, 'expired'] as const;

export const jobSchema = namedSchema(
  'ExportJob',
  z
    .strictObject({
      id: z.string().describe('Identifies the export.'),
      owner_id: z.string().describe('The owner whose export it is.'),
      what: z.enum(EXPORTED).describe('What is exported.'),
      format: z.string().describe('The format of the file.'),
      status: z
        .enum(STATUSES)
        .describe(
          `\`queued\`: waiting for a free slot (at most ${MAX_WAITING} of an owner do), or for the next attempt; \`running\`; \`done\`: the file is complete; \`failed\`: given up, \`error\` says why; \`expired\`: the file is no longer kept.`,
        ),
      progress: z
        .number()
        .min(0)
        .max(1)
        .nullable()
        .describe(
          'Share of the rows that ClickHouse has read, 0 to 1; starts again at 0 with each attempt. Null if unknown, for example on another instance.',
        ),
      rows: z
        .int()
        .min(0)
        .nullable()
        .describe(
          'Rows in the file, of all its lists. Null until it is done, if clicks of the range arrived or were erased during an export of clicks, and for Parquet with a footer of more than 256 KiB.',
        ),
      bytes: z.int().min(0).describe('Bytes of the file, so far.'),
      file_name: z.string().nullable().describe('The name of the file; null until it is known.'),
      destination: z.string().nullable().describe('Where the file is sent; null: it is stored by Spoor.'),
      destination_key: z
        .string()
        .exactOptional()
        .describe('The key of the file in the bucket of its destination. Only once it is done.'),
      instance: z.string().describe('The instance of Spoor that makes the file and stores it.'),
      created_at: timestampSchema.describe('When it was created; relative dates are of that moment.'),
      finished_at: timestampSchema.nullable().describe('When it was done or given up.'),
      expires_at: timestampSchema.describe('Until when the file is kept.'),
      error: z.string().exactOptional().describe('Why the export, or its latest attempt, failed.'),
      file: z
        .string()
        .exactOptional()
        .describe(
          'The path and query of an address from which the file can be fetched without a key, until the file expires or the key of this request expires or is revoked. Only in the response for one export, once it is done.',
        ),
    })
    .describe('An export job: it runs without an open connection.'),
);

export type JobBody = z.output<typeof jobSchema.schema>;

export const jobPageSchema = namedSchema(
  'ExportJobs',
  z
    .strictObject({
      items: z.array(jobSchema.schema).describe('The newest first.'),
      next_cursor: z.string().nullable().describe('The `cursor` of the next page; null on the last.'),
    })
    .describe('A page of exports.'),
);

export const JOB_EXAMPLE: JobBody = {
  id: '019b5e0a10008c1f2a7d3b4c5e6f',
  owner_id: 'me',
  what: 'stats',
  format: 'csv',
  status: 'done',
  progress: 1,
  rows: 1_240,
  bytes: 48_213,
  file_name: 'spoor_all_2026-01-01_2026-01-31.zip',
  destination: null,
  instance: '5f0c7a9be31d2468',
  created_at: '2026-01-31T10:00:00.000Z',
  finished_at: '2026-01-31T10:00:02.140Z',
  expires_at: '2026-02-07T10:00:02.140Z',
};
