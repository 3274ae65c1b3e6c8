import type { Database } from '../clickhouse/database.ts';
import type { InsertOptions } from '../clickhouse/insert.ts';
import { type NativeColumn, sharedTextColumn, uint64Column } from '../clickhouse/native.ts';
import { ROW_COLUMNS } from './click-row.ts';
import type { ClickRow } from './fields.ts';

/** A click ready to be stored, with its place in the request it came in. */
export interface PlacedRow {
  readonly index: number;
  readonly ownerId: string;
  readonly row: ClickRow;
}

/** A row whose owner is not known yet. */
export type OwnerlessRow = {
  -readonly [Part in keyof PlacedRow]: PlacedRow[Part];
};

/** What the rows of an insert have in common. */
export interface InsertOrigin {
  /** The idempotent insert that they belong to. */
  readonly ingestId?: bigint;
  /** The import that they come with. */
  readonly importId?: bigint | undefined;
}

/** The id of what a row does not belong to. */
const NONE = 0n;

/** The columns of a click, in the order they are inserted. */
const COLUMNS: readonly NativeColumn<PlacedRow>[] = [
  sharedTextColumn('owner_id', ({ ownerId }) => ownerId),
  ...ROW_COLUMNS,
];

/** The names of a click's columns as they are stored. */
export const CLICK_COLUMNS: readonly string[] = [
  ...COLUMNS.map(({ name }) => name),
  'ingest_id',
  'import_id',
];

/** Inserts rows at once; settles when ClickHouse has them. */
export async function insertRows(
  database: Database,
  rows: readonly PlacedRow[],
  { ingestId = NONE, importId }: InsertOrigin,
  options: InsertOptions = {},
): Promise<void> {
  const columns = [...COLUMNS, uint64Column('ingest_id', () => ingestId)];
  // Its default is NONE.
  if (importId !== undefined) columns.push(uint64Column('import_id', () => importId));
  await database.insertBlock('clicks', columns, rows, options);
}
