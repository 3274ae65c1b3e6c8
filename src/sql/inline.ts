import type { Param, ParamValue, Sql } from './sql.ts';

/**
 * The text of a query with its values in their places, to be read and run by people. Spoor itself only runs queries whose
 * values are parameters.
 * @param replaced what stands for a piece in it
 */
export function inlined(piece: Sql, replaced: ReadonlyMap<Sql, Sql> = new Map()): string {
  const { texts, values } = replaced.get(piece) ?? piece;
  return texts
    .map((text, index) => {
      const value = values[index];
      if (value === undefined) return text;
      return text + (value.kind === 'sql' ? inlined(value, replaced) : literal(value));
    })
    .join('');
}

/** Literals of these types have them by themselves, or may have a smaller one that does as well. */
const PLAIN_TYPE = /^(?:String|U?Int\d+|Bool|Array\((?:String|U?Int\d+)\))$/;

function literal({ type, value }: Param): string {
  const text = written(value);
  return PLAIN_TYPE.test(type) ? text : `CAST(${text}, ${quoted(type)})`;
}

function written(value: ParamValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  return `[${value.map((one) => written(one)).join(', ')}]`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\t': '\\t' };

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\'\n\t]|[\u0000-\u001f\u007f]/g, (one) => ESCAPES[one] ?? hex(one))}'`;
}

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
