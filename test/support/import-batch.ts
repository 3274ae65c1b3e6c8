import { randomUUID } from 'node:crypto';

export interface BatchDescription {
  readonly reading: { readonly format: string; readonly columns: readonly string[] };
  readonly first_line: number;
  readonly stream: string;
  readonly sequence: number;
  readonly is_last: boolean;
  readonly any_owner: boolean;
  readonly allow_duplicates: boolean;
}

/**
 * The header that describes a batch to `POST /control/import`.
 * @param parts what is other than in a file of NDJSON with one batch
 */
export function batchHeader(
  owner: string,
  parts: Partial<BatchDescription> = {},
): Readonly<Record<string, string>> {
  const description = {
    reading: { format: 'ndjson', columns: [] },
    first_line: 1,
    stream: randomUUID(),
    sequence: 0,
    is_last: true,
    owner,
    any_owner: false,
    allow_duplicates: false,
    ...parts,
  };
  return { 'x-spoor-batch': encodeURIComponent(JSON.stringify(description)) };
}
