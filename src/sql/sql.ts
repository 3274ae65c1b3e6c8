/** A bound value: it travels beside the SQL text as a ClickHouse query parameter, never inside it. */
export interface Param {
  readonly kind: 'param';
  readonly type: string;
  readonly value: ParamValue;
}

export type ParamValue = string | number | boolean | readonly string[] | readonly number[];

/** A piece of SQL: literal text with bound values and further pieces in its gaps. */
export interface Sql {
  readonly kind: 'sql';
  readonly texts: readonly string[];
  readonly values: readonly (Param | Sql)[];
}

export interface RenderedSql {
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
}

/** Tagged template for SQL. A gap takes only another piece or a `param`, so no text of a stranger becomes SQL. */
export function sql(texts: TemplateStringsArray, ...values: readonly (Param | Sql)[]): Sql {
  return { kind: 'sql', texts, values };
}

/** A value bound as ClickHouse type `type`, for example `param('Array(String)', codes)`. */
export function param(type: string, value: ParamValue): Param {
  return { kind: 'param', type, value };
}

/** The pieces one after another with `separator` between them; no pieces, no text. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  if (pieces.length === 0) return EMPTY;
  return {
    kind: 'sql',
    texts: ['', ...Array<string>(pieces.length - 1).fill(separator), ''],
    values: pieces,
  };
}

/** A name as a column. Only for names of our own registries: anything but letters, digits and `_` is refused. */
export function identifier(name: string): Sql {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error('Not a plain column name.');
  return { kind: 'sql', texts: [name], values: [] };
}

export const EMPTY: Sql = { kind: 'sql', texts: [''], values: [] };

/**
 * The final text and its parameters. Parameters are numbered in the order they first stand in the text, so equal
 * queries have equal text; one `Param` object used twice is sent once.
 */
export function render(piece: Sql): RenderedSql {
  const names = new Map<Param, string>();
  const params: Record<string, ParamValue> = {};
  const parts: string[] = [];
  const visit = (node: Sql): void => {
    node.texts.forEach((text, index) => {
      parts.push(text);
      const value = node.values[index];
      if (value === undefined) return;
      if (value.kind === 'sql') return visit(value);
      let name = names.get(value);
      if (name === undefined) {
        name = `p${names.size}`;
        names.set(value, name);
        params[name] = value.value;
      }
      parts.push(`{${name}:${value.type}}`);
    });
  };
  visit(piece);
  return { sql: parts.join(''), params };
}
