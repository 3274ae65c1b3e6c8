import { z } from 'zod';
import { type ImportReport, importReportSchema, previewFields } from '../clicks/import/import-report.ts';
import { LOG_PREFIX_NAMES } from '../clicks/import/formats/log-prefix.ts';
import { messageOf } from '../errors.ts';
import { firstCharacters } from '../lib/first-characters.ts';
import type { Client, Query } from './client.ts';
import { CommandError } from './command-error.ts';
import { printable } from './output.ts';

/** What the server tells of an import. */
const importSchema = importReportSchema.extend({
  ...previewFields,
  id: z.string(),
  owner_id: z.string(),
  file: z.string().nullable(),
  format: z.string().nullable(),
  options: z.looseObject({ prefix: z.enum(LOG_PREFIX_NAMES).optional() }),
  state: z.string(),
  error: z.string().nullable(),
  started_at: z.string(),
});

export type Import = z.output<typeof importSchema> & Pick<ImportReport, 'preview'>;

export function parseImport(value: unknown): Import {
  const parsed = importSchema.parse(value);
  const { clicks, commonest } = parsed;
  if (clicks === undefined || commonest === undefined) return parsed;
  return {
    ...parsed,
    preview: { clicks, codes: commonest.map(({ short_code: code, clicks: count }) => [code, count]) },
  };
}

/** What became of the lines of its file. */
export function reportOf(one: Import): ImportReport {
  return { ...importReportSchema.parse(one), preview: one.preview };
}

/** The longest name of a file that the server takes. */
const MAX_NAME = 128;

/**
 * Sends a file to the server, which imports it.
 * @param query the parameters of the import
 * @throws CommandError with the server's error message; an import without a click has its `error` instead
 */
export async function importFile(
  client: Client,
  name: string,
  bytes: AsyncIterable<Buffer>,
  query: Query,
): Promise<Import> {
  try {
    return await sendFile(client, name, bytes, query);
  } catch (cause) {
    if (!(cause instanceof CommandError && cause.isRetryable)) throw cause;
    const advice =
      query['allow_duplicates'] === undefined
        ? 'Run the same command again to continue.'
        : 'Run again with --allow-duplicates, it would add what is stored a second time: see spoor imports list.';
    throw new CommandError(`${messageOf(cause)} ${advice}`, { cause });
  }
}

/**
 * Sends a file, or a part of one.
 * @throws CommandError with the server's error message
 */
export async function sendFile(
  client: Client,
  name: string,
  bytes: AsyncIterable<Buffer>,
  query: Query,
): Promise<Import> {
  const file = name === '-' ? undefined : firstCharacters(printable(name), MAX_NAME);
  return parseImport(
    await client.upload(
      '/api/v1/imports',
      { ...query, file },
      bytes,
      (value) => importSchema.safeParse(value).success,
    ),
  );
}
