import { inPieces } from './long-values.ts';
import type { Param, ParamValue, Sql } from './sql.ts';

export interface RenderedSql {
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
}

/**
 * Renders the text and its parameters. Parameters are numbered by their first occurrence, so equal queries have equal texts.
 * A `Param` object used twice is sent once. A long value is sent in pieces.
 */
export function render(piece: Sql): RenderedSql {
  const names = new Map<Param, string>();
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
