import type { Escape, RowTemplate } from '../values/row-template.ts';
import { type Sql, join, param, sql } from '../sql/sql.ts';

/**
 * A row template as an SQL expression: what `writeRow` makes of the same values, made by ClickHouse. (In JSON the two
 * may spell a character differently, as itself or as its escape; it reads back the same.)
 * @param columns the expression of each column's value, by name
 */
export function rowText(template: RowTemplate, columns: Readonly<Record<string, Sql>>): Sql {
  const pieces = template.map((piece) => {
    if (typeof piece === 'string') return sql`${param('String', piece)}`;
    const value = columns[piece.column.name];
    if (value === undefined) throw new Error('A row template names a column that the query has not.');
    return piece.column.kind === 'number' ? sql`toString(${value})` : escaped(value, piece.escape);
  });
  return sql`concat(${join(pieces, ', ')})`;
}

function escaped(value: Sql, escape: Escape): Sql {
  switch (escape) {
    case 'json':
      return sql`toJSONString(${value})`;
    case 'xml':
      return xml(value);
    case 'csv':
      return csv(neutralised(value));
    case 'xlsx':
      return sql`replaceAll(${xml(neutralised(value))}, '_x', '_x005F_x')`;
  }
}

function neutralised(value: Sql): Sql {
  return sql`if(match(${value}, '^[=+\\\\-@\\\\t\\\\r]'), concat('''', ${value}), ${value})`;
}

function csv(value: Sql): Sql {
  return sql`if(match(${value}, '[",\\\\r\\\\n]'), concat('"', replaceAll(${value}, '"', '""'), '"'), ${value})`;
}

/** Most texts have nothing to escape, and one look at them costs less than six replacements. */
function xml(value: Sql): Sql {
  const forbidden = sql`'[\\\\x00-\\\\x08\\\\x0B\\\\x0C\\\\x0E-\\\\x1F\\\\x{FFFE}\\\\x{FFFF}]'`;
  const allowed = sql`replaceRegexpAll(${value}, ${forbidden}, '\uFFFD')`;
  const escapes = [
    ['&', '&amp;'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['\r', '&#13;'],
    ['\n', '&#10;'],
  ] as const;
  const whole = escapes.reduce(
    (text, [from, to]) => sql`replaceAll(${text}, ${param('String', from)}, ${param('String', to)})`,
    allowed,
  );
  return sql`if(match(${value}, '[&<>\\\\x00-\\\\x08\\\\x0A-\\\\x1F\\\\x{FFFE}\\\\x{FFFF}]'), ${whole}, ${value})`;
}
