import type { Database } from '../clickhouse/database.ts';
import type { InsertOptions } from '../clickhouse/insert.ts';
import { type NativeColumn, sharedTextColumn, uint64Column } from '../clickhouse/native.ts';
import { BlockBuilder, type NativeValues, blockOf } from '../clickhouse/native-block.ts';
import { ROW_COLUMNS } from './click-row.ts';
import type { ClickRow } from './click-schema.ts';

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

/** What the rows of an insert have in common, and what it is called. */
export interface ClickInsert {
  /** The idempotent insert that they belong to. */
  readonly ingestId?: bigint;
  /** The import that they come with. */
  readonly importId?: bigint | undefined;
  readonly options?: InsertOptions;
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

/** An insert of clicks, as the bytes that ClickHouse takes. */
export interface ClickValues extends NativeValues {
  readonly options: InsertOptions | undefined;
  readonly owners: ReadonlySet<string>;
}

/** Rows on their way into one insert. */
export class ClickBlock extends BlockBuilder<PlacedRow> implements ClickValues {
  readonly options: InsertOptions | undefined;
  readonly owners = new Set<string>();
  #latestOwner: string | undefined;

  constructor(insert: ClickInsert) {
    super(columnsOf(insert));
    this.options = insert.options;
  }

  override add(row: PlacedRow): void {
    super.add(row);
    // Nearly always all are of one owner.
    if (row.ownerId === this.#latestOwner) return;
    this.#latestOwner = row.ownerId;
    this.owners.add(row.ownerId);
  }
}

/** Inserts rows at once; settles when ClickHouse has them. */
export async function insertRows(
  database: Database,
  rows: readonly PlacedRow[],
  insert: ClickInsert,
): Promise<void> {
  await database.insertBlock('clicks', blockOf(columnsOf(insert), rows), insert.options);
}

/** The same of a block. */
export async function insertBlock(database: Database, block: ClickValues): Promise<void> {
  await database.insertBlock('clicks', block, block.options);
}

function columnsOf({ ingestId = NONE, importId }: ClickInsert): readonly NativeColumn<PlacedRow>[] {
  const columns = [...COLUMNS, uint64Column('ingest_id', () => ingestId)];
  // Its default is NONE.
  if (importId !== undefined) columns.push(uint64Column('import_id', () => importId));
  return columns;
}
