import { z } from 'zod';
import { IMPORT_STATES, type ImportEntry } from '../../clicks/import/import-log.ts';
import { emptyReport, importReportFields, previewFields } from '../../clicks/import/import-report.ts';
import type { ImportPreview } from '../../clicks/import/preview.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { timestampSchema } from '../response/timestamp-schema.ts';

export const importFields = {
  id: z.string().describe('Identifies the import.'),
  owner_id: z.string().describe('The owner whose clicks were imported.'),
  file: z.string().nullable().describe('The name of the file, if it was said.'),
  format: z
    .string()
    .nullable()
    .describe('The format of the file; null with a log format, and for an empty file.'),
  options: z.record(z.string(), z.unknown()).describe('How the file was read: parameters by name.'),
  state: z
    .enum(IMPORT_STATES)
    .describe(
      '`running`: its file is still being read; `done`: all of it was; `failed`: it ended before, or had no click, and what it added until then is stored; `undone`: what it added is removed; `dry_run`: nothing was stored, and it is not kept.',
    ),
  error: z.string().nullable().describe('Why it failed.'),
  started_at: timestampSchema.describe('When it began.'),
  finished_at: timestampSchema.nullable().describe('When it ended; null while it is running.'),
  ...importReportFields,
  ...previewFields,
};

export const importSchema = namedSchema(
  'Import',
  z
    .strictObject(importFields)
    .describe('An import of a file, and what became of its lines: so far, while it is running.'),
);

/** An import as the API describes it. */
export type ImportBody = z.output<typeof importSchema.schema>;

export const importPageSchema = namedSchema(
  'ImportPage',
  z
    .strictObject({
      items: z.array(importSchema.schema).describe('The newest first.'),
      next_cursor: z.string().nullable().describe('The `cursor` of the next page; null on the last.'),
    })
    .describe('A page of imports.'),
);

export const undoneSchema = namedSchema(
  'ImportUndone',
  z
    .strictObject({
      removed_clicks: z.int().min(0).describe('Clicks that were removed.'),
      removed_urls: z
        .int()
        .min(0)
        .describe('URLs that the import had registered and that have no clicks now: they are deleted.'),
    })
    .describe('What an import had added and is removed.'),
);

const ID_DIGITS = 16;

/** An id as clients see it: digits of base 16, whose order is that of the ids. */
export function presentImportId(id: bigint): string {
  return id.toString(16).padStart(ID_DIGITS, '0');
}

/** The id that a text stands for; undefined where it is none. */
export function readImportId(text: string): bigint | undefined {
  return /^[0-9a-f]{16}$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

export function presentImport(entry: ImportEntry): ImportBody {
  const { id, ownerId, file, options, state, error, report, startedAt, finishedAt } = entry;
  const { format } = options;
  const { preview, ...counts } = report;
  return {
    id: presentImportId(id),
    owner_id: ownerId,
    file,
    format: typeof format === 'string' ? format : null,
    options,
    state,
    error,
    started_at: new Date(startedAt).toISOString(),
    finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    ...counts,
    ...(preview === undefined ? {} : presentPreview(preview)),
  };
}

function presentPreview({ clicks, codes }: ImportPreview): Pick<ImportBody, 'clicks' | 'commonest'> {
  return { clicks, commonest: codes.map(([code, count]) => ({ short_code: code, clicks: count })) };
}

export const IMPORT_EXAMPLE: ImportBody = {
  id: '00697dd2a05c3a1f',
  owner_id: 'me',
  file: 'access.log',
  format: 'combined',
  options: { format: 'combined', except: ['static'] },
  state: 'done',
  error: null,
  started_at: '2026-01-31T10:00:00.000Z',
  finished_at: '2026-01-31T10:00:02.140Z',
  ...emptyReport(),
  read: 3,
  accepted: 2,
  skipped: { 'method is not GET': 1 },
  first_click: '2026-01-30T23:59:59.000Z',
  last_click: '2026-01-31T09:59:58.000Z',
};
