import { assertNever } from '../../errors.ts';
import { type Param, type Sql, join, param, sql } from '../../sql/sql.ts';
import { FORMULA_IN_CLICKHOUSE } from '../../lib/formula-guard.ts';
import { type Column, type Escape, type RowTemplate, flagText, nullText } from '../../lib/row-template.ts';

/** Put before each text when a row's are looked at together: a character that no format minds. */
const BEFORE = '\u007F';
const FORMULA = String.raw`\x7F${FORMULA_IN_CLICKHOUSE}`;
const FORBIDDEN_IN_XML = String.raw`\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}`;
const XML = String.raw`[&<>\r\n${FORBIDDEN_IN_XML}]`;

/** What a text must hold to be written otherwise than as it is, as a regular expression. */
const HOSTILE: Readonly<Record<Escape, string>> = {
  json: String.raw`["\\\x00-\x1F]`,
  xml: XML,
  csv: String.raw`[",\r\n]|${FORMULA}`,
  xlsx: `${XML}|${FORMULA}|_x`,
  'xlsx-exact': `${XML}|_x`,
};

type Values = Readonly<Record<string, Sql>>;

/**
 * A row template as an SQL expression: what `writeRow` makes of the same values, made by ClickHouse. (In JSON the two
 * may spell a character differently, as itself or as its escape; it reads back the same.) Few rows hold anything to
 * escape, and one look at all texts of a row costs less than one at each.
 * @param values the expression of each column's value, by name
 */
export function rowText(template: RowTemplate, values: Values): Sql {
  const { escape } = template;
  const texts = template.pieces.flatMap((piece) =>
    typeof piece !== 'string' && isEscaped(piece, escape)
      ? [param('String', BEFORE), valueOf(piece, values)]
      : [],
  );
  const plain = concatenated(template, values, (text) => unescaped(text, escape));
  if (texts.length === 0) return plain;
  const careful = concatenated(template, values, (text) => escaped(text, escape));
  const hostile = param('String', HOSTILE[escape]);
  return sql`if(match(${concat(texts)}, ${hostile}), ${careful}, ${plain})`;
}

function isEscaped({ kind }: Column, escape: Escape): boolean {
  return kind === 'text' || (kind === 'json' && escape !== 'json');
}

function concatenated({ escape, pieces }: RowTemplate, values: Values, textOf: (text: Sql) => Sql): Sql {
  return concat(
    pieces.map((piece) => {
      if (typeof piece === 'string') return param('String', piece);
      const text = textOfColumn(piece, valueOf(piece, values), escape, textOf);
      return piece.isNullable === true ? sql`ifNull(${text}, ${param('String', nullText(escape))})` : text;
    }),
  );
}

function textOfColumn(column: Column, value: Sql, escape: Escape, textOf: (text: Sql) => Sql): Sql {
  switch (column.kind) {
    case 'number':
      return sql`toString(${value})`;
    case 'plain':
      return unescaped(value, escape);
    case 'text':
      return textOf(value);
    case 'json':
      return escape === 'json' ? value : textOf(value);
    case 'flag':
      return sql`if(${value}, ${param('String', flagText(column))}, '')`;
    default:
      return assertNever(column.kind);
  }
}

function concat(parts: readonly (Param | Sql)[]): Sql {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return sql`${only}`;
  return sql`concat(${join(
    parts.map((part) => sql`${part}`),
    ', ',
  )})`;
}

function valueOf({ name }: Column, values: Values): Sql {
  const value = values[name];
  if (value === undefined) throw new Error('A row template names a column that the query has not.');
  return value;
}

function unescaped(value: Sql, escape: Escape): Sql {
  return escape === 'json' ? sql`concat('"', ${value}, '"')` : value;
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
      return inWorkbook(neutralised(value));
    case 'xlsx-exact':
      return inWorkbook(value);
    default:
      return assertNever(escape);
  }
}

function inWorkbook(value: Sql): Sql {
  return sql`replaceAll(${xml(value)}, '_x', '_x005F_x')`;
}

function neutralised(value: Sql): Sql {
  const formula = param('String', `^${FORMULA_IN_CLICKHOUSE}`);
  return sql`if(match(${value}, ${formula}), concat('''', ${value}), ${value})`;
}

function csv(value: Sql): Sql {
  return sql`if(match(${value}, '[",\\\\r\\\\n]'), concat('"', replaceAll(${value}, '"', '""'), '"'), ${value})`;
}

function xml(value: Sql): Sql {
  const escapes = [
    ['&', '&amp;'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['\r', '&#13;'],
    ['\n', '&#10;'],
  ] as const;
  return escapes.reduce(
    (text, [from, to]) => sql`replaceAll(${text}, ${param('String', from)}, ${param('String', to)})`,
    sql`replaceRegexpAll(${value}, ${param('String', `[${FORBIDDEN_IN_XML}]`)}, '\uFFFD')`,
  );
}
