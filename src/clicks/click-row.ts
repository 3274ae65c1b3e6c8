import type { NativeColumn } from '../clickhouse/native.ts';
import { propertyReader, recordMapper, textLengths } from '../lib/record-mapper.ts';
import { type ClickRow, COLUMNS, COLUMN_NAMES, type ColumnName, type Told } from './click-schema.ts';

/** A row in the making. Steps write into it: an object from each step and click would cost more than the steps do. */
export type DraftRow = { -readonly [Name in ColumnName]: ClickRow[Name] };

const rowOf = recordMapper<Told, DraftRow, undefined>(
  COLUMN_NAMES,
  (name) => {
    const { from, absent } = COLUMNS[name].column;
    return (sent) => (sent === undefined || sent === null || from === undefined ? absent : from(sent));
  },
  (name) => ({ value: COLUMNS[name].column.absent }),
);

/** The row of a click as far as each column follows from the field of its own name. */
export function bareRow(click: Told): DraftRow {
  const row = rowOf(click, undefined);
  if (row === undefined) throw new Error('A column takes no value of its field.');
  return row;
}

/** A row's columns as they are inserted. */
export const ROW_COLUMNS: readonly NativeColumn<{ readonly row: ClickRow }>[] = COLUMN_NAMES.map(
  (name: ColumnName) => nativeColumn(name),
);

function nativeColumn<Name extends ColumnName>(
  name: Name,
): NativeColumn<{ readonly row: Pick<ClickRow, Name> }> {
  const read = propertyReader<'row', Name, { readonly row: Pick<ClickRow, Name> }>('row', name);
  return COLUMNS[name].column.type(name, read);
}

type TextColumnName = { [Name in ColumnName]: ClickRow[Name] extends string ? Name : never }[ColumnName];

/** How many characters of text a row holds. */
export const rowCharacters = textLengths<ClickRow, TextColumnName>(
  COLUMN_NAMES.filter((name): name is TextColumnName => typeof COLUMNS[name].column.absent === 'string'),
);
