/** A bound value: sent as a ClickHouse query parameter, never as part of the SQL text. */
export interface Param {
  readonly kind: 'param';
  readonly type: string;
  readonly value: ParamValue;
}

export type ParamValue = string | number | boolean | readonly string[] | readonly number[];

/** A piece of SQL: literal text, with bound values and other pieces in its gaps. */
export interface Sql {
  readonly kind: 'sql';
  readonly texts: readonly string[];
  readonly values: readonly (Param | Sql)[];
}

/** Tagged template for SQL. A gap accepts only another piece or a `param`, so untrusted text never becomes SQL. */
export function sql(texts: TemplateStringsArray, ...values: readonly (Param | Sql)[]): Sql {
  return { kind: 'sql', texts, values };
}

/** A value bound as ClickHouse type `type`, for example `param('Array(String)', codes)`. */
export function param(type: string, value: ParamValue): Param {
  return { kind: 'param', type, value };
}

/** Joins pieces with a separator; empty if there are no pieces. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  if (pieces.length === 0) return EMPTY;
  return {
    kind: 'sql',
    texts: ['', ...Array<string>(pieces.length - 1).fill(separator), ''],
    values: pieces,
  };
}

/**
 * A column name. Only for names in registries, and for those that begin with one and a dot: what is behind it can be any text, and
 * is written in hexadecimal digits. @throws Error for anything else but lower-case letters, digits and `_`
 */
export function identifier(name: string): Sql {
  const [, plain = '', rest] = /^([a-z_][a-z0-9_]*)(?:\.(.*))?$/s.exec(name) ?? [];
  if (plain === '') throw new Error('Not a plain column name.');
  const text = rest === undefined ? plain : `${plain}__${Buffer.from(rest).toString('hex')}`;
  return { kind: 'sql', texts: [text], values: [] };
}

/** A quoted name from the operator's configuration. @throws Error for characters that could end the quotes */
export function quoted(name: string): Sql {
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) throw new Error('Not a plain name.');
  return { kind: 'sql', texts: [`'${name}'`], values: [] };
}

/** A table with its database. @throws Error for anything but plain names */
export function tableOf(database: string, table: string): Sql {
  if (![database, table].every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))) {
    throw new Error('Not a plain table name.');
  }
  return { kind: 'sql', texts: [`${database}.${table}`], values: [] };
}

export const EMPTY: Sql = { kind: 'sql', texts: [''], values: [] };
