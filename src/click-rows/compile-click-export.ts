import { assertNever } from '../errors.ts';
import type { ClickFormat, TableFormat } from '../export/export-format.ts';
import { FORMULA_IN_CLICKHOUSE } from '../lib/formula-guard.ts';
import type { Column, RowTemplate } from '../lib/row-template.ts';
import { as } from '../sql/select.ts';
import { type Sql, identifier, param, sql } from '../sql/sql.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import { rowText } from '../stats/sql/row-text.ts';
import { type ClickColumnName, clickColumnOf } from './columns.ts';
import { type ClickOptions, type ColumnsOf, compileClicks, shownName } from './compile-clicks.ts';
import type { ClickQuery } from './click-query.ts';

export interface ClickExportOptions extends ClickOptions {
  /** Whether texts stand as they are where a spreadsheet might run them. */
  readonly isExact?: boolean;
}

/**
 * A query for all clicks that it asks for, as a format has them: in a format that ClickHouse writes itself, a column for each of
 * theirs; else the text of a row.
 * @param tenant whose clicks it may read
 */
export function compileClickExport(
  query: ClickQuery,
  tenant: Tenant,
  format: ClickFormat,
  { sharding, isExact = false }: ClickExportOptions = {},
): Sql {
  if (format.kind === 'native') {
    const columns: ColumnsOf = (names) =>
      names.map((name) => as(name, format.isForSpreadsheets ? inSheet(name, isExact) : inTable(name)));
    return compileClicks(query, tenant, { sharding, columns });
  }
  const template = clickRow(format, query.columns, isExact);
  const values = Object.fromEntries(query.columns.map((name) => [name, inText(name)]));
  const columns: ColumnsOf = () => [as('line', rowText(template, values))];
  return sql`${compileClicks(query, tenant, { sharding, columns })}
SETTINGS ${SMALL_BLOCKS}`;
}

/** A query for how many clicks there are that a query asks for. */
export function compileClickCount(query: ClickQuery, tenant: Tenant, options: ClickOptions = {}): Sql {
  const columns: ColumnsOf = () => [as('clicks', sql`count()`)];
  return compileClicks({ ...query, columns: ['clicked_at'], order: undefined }, tenant, {
    ...options,
    columns,
  });
}

/** The columns of clicks in a format whose rows follow a template. */
export function clickColumns(names: readonly ClickColumnName[]): readonly Column[] {
  return names.map((name): Column => {
    const { type } = clickColumnOf(name);
    switch (type) {
      case 'time':
        return { name, kind: 'plain' };
      case 'text':
        return { name, kind: 'text' };
      case 'number':
        return { name, kind: 'number', isNullable: true };
      case 'boolean':
      case 'map':
      case 'list':
        return { name, kind: 'json' };
      default:
        return assertNever(type);
    }
  });
}

function clickRow(format: TableFormat, names: readonly ClickColumnName[], isExact: boolean): RowTemplate {
  const template = format.row(clickColumns(names));
  return isExact && format.isForSpreadsheets ? { ...template, escape: format.exactEscape } : template;
}

/** Of the rows of a block the text is held in parts and whole, by each thread. */
const SMALL_BLOCKS = sql`max_block_size = 16384`;

/** A column where columns have types. */
function inTable(name: ClickColumnName): Sql {
  const value = identifier(shownName(name));
  // Its keys are few, but few readers know a dictionary inside a map.
  return clickColumnOf(name).type === 'map' ? sql`CAST(${value}, 'Map(String, String)')` : value;
}

/** A column where a spreadsheet may open it. A text that it might run gets a `'` before it, as `neutralise` has it. */
function inSheet(name: ClickColumnName, isExact: boolean): Sql {
  const value = identifier(shownName(name));
  const { type } = clickColumnOf(name);
  if (type === 'map' || type === 'list') return sql`toJSONString(${value})`;
  if (type !== 'text' || isExact) return value;
  // A function of one column is worked out once for each of the texts that clicks share.
  return sql`replaceRegexpOne(${value}, ${FORMULA}, ${QUOTED})`;
}

const FORMULA = param('String', `^${FORMULA_IN_CLICKHOUSE}`);
const QUOTED = param('String', String.raw`'\0`);

/** A column as the text that a template takes. */
function inText(name: ClickColumnName): Sql {
  const value = identifier(shownName(name));
  const { type } = clickColumnOf(name);
  switch (type) {
    case 'time':
      return sql`concat(replaceOne(toString(${value}), ' ', 'T'), 'Z')`;
    case 'boolean':
      return sql`if(${value}, 'true', 'false')`;
    case 'map':
    case 'list':
      return sql`toJSONString(${value})`;
    case 'text':
    case 'number':
      return value;
    default:
      return assertNever(type);
  }
}
