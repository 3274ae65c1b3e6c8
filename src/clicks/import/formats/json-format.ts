import { type FieldMap, clickReader, withOwnNames } from './field-map.ts';
import type { FieldFormat } from './import-format.ts';
import type { ImportedRecord } from './imported-record.ts';
import type { JsonLayout } from './json-layouts.ts';
import { type JsonObject, isObject, parseObject } from '../../../lib/json-object.ts';

/** What differs between formats whose records are JSON objects. */
interface JsonFormatParts {
  readonly description: string;
  readonly endings?: readonly string[];
  readonly layout: JsonLayout;
  /** Undefined where properties have the names of a click's fields. */
  readonly map?: FieldMap | undefined;
  /** Names that an object has; by them the format is recognised. */
  readonly signs: readonly string[];
}

/** A format whose records are JSON objects. */
export function jsonFormat(parts: JsonFormatParts): FieldFormat {
  const { description, endings = [], layout, map, signs } = parts;
  const { begins, toLines, isOfLines } = layout;
  return {
    kind: 'fields',
    description,
    needs: signs.join(', '),
    endings,
    parseHeader: undefined,
    isQuoted: false,
    recognises: (text) => {
      const start = text.trimStart();
      if (!begins(start)) return false;
      const lines = toLines()(Buffer.from(start)).toString('utf8');
      const [first = ''] = lines.split('\n', 1);
      const element = parseObject(first);
      if (element === undefined) return map === undefined && EMPTY_ARRAY.test(start);
      return signs.every((name) => valueAt(name)(element) !== undefined);
    },
    toLines,
    isOfLines,
    parser: () => {
      const read = map === undefined ? asClick : objectReader(map);
      return (record) => {
        const value = parseObject(record);
        return value === undefined ? NO_OBJECT : read(value);
      };
    },
    tellsCode: () => true,
    hasName: (name) => {
      const find = valueAt(name);
      return (record) => find(parseObject(record) ?? {}) !== undefined;
    },
    // Under which name others have the short code is in what they give.
    mapped: (change) => jsonFormat({ ...parts, map: change(map), signs: map === undefined ? [] : signs }),
  };
}

const EMPTY_ARRAY = /^\[\s*\]\s*$/;

const NO_OBJECT: ImportedRecord = { kind: 'rejected', reason: 'not a JSON object' };

function asClick(value: JsonObject): ImportedRecord {
  return { kind: 'click', value };
}

function objectReader(map: FieldMap): (object: JsonObject) => ImportedRecord {
  const read = clickReader(map, valueAt);
  return map.keepsOwnNames === true ? (object) => withOwnNames(asClick(object), read(object)) : read;
}

/** A property, or with dots one of nested objects and lists: `click.os`, `actions.0.url`. */
function valueAt(name: string): (object: JsonObject) => unknown {
  const steps = name.split('.');
  return (object) => {
    if (Object.hasOwn(object, name)) return object[name];
    let value: unknown = object;
    for (const step of steps) {
      if (Array.isArray(value)) value = value[Number(step)];
      else if (isObject(value) && Object.hasOwn(value, step)) value = value[step];
      else return undefined;
    }
    return value;
  };
}
