import { inPieces } from './long-values.ts';
import type { Param, ParamValue, Sql } from './sql.ts';

export interface RenderedSql {
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
}

/**
 * Renders the text and its parameters. Parameters are numbered by their first occurrence, so equal queries have equal texts.
 * A value that is used twice is sent once: ClickHouse takes at most 1,000 of them. A long value is sent in pieces.
 */
export function render(piece: Sql): RenderedSql {
  const names = new Map<unknown, string>();
  const long = new Map<Param, Sql>();
  const params: Record<string, ParamValue> = {};
  const parts: string[] = [];
  const visit = (node: Sql): void => {
    node.texts.forEach((text, index) => {
      parts.push(text);
      const value = node.values[index];
      if (value === undefined) return;
      if (value.kind === 'sql') return visit(value);
      const pieces = long.get(value) ?? inPieces(value);
      if (pieces !== undefined) {
        long.set(value, pieces);
        return visit(pieces);
      }
      const key = keyOf(value);
      let name = names.get(key);
      if (name === undefined) {
        name = `p${names.size}`;
        names.set(key, name);
        params[name] = value.value;
      }
      parts.push(`{${name}:${value.type}}`);
    });
  };
  visit(piece);
  return { sql: parts.join(''), params };
}

/** Equal for equal values; lists, which can be long, are told apart without a look at what is in them. */
function keyOf({ type, value }: Param): unknown {
  return typeof value === 'object' ? value : `${type} ${String(value)}`;
}
