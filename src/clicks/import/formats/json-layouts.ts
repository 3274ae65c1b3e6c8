import { ElementCutter } from './element-cutter.ts';
import { parseObject } from '../../../lib/json-object.ts';
import { LinePasser } from './line-passer.ts';
import { SqlRowCutter } from './sql-row-cutter.ts';

/** How JSON objects are arranged in a file. */
export interface JsonLayout {
  /** Whether a file that begins with this text, which has no blanks in front, can have it. */
  readonly begins: (start: string) => boolean;
  /** Makes what turns the pieces of a file one by one into lines, each an object. */
  readonly toLines: () => (piece: Buffer) => Buffer;
  /** Lines of a file are its objects. */
  readonly isOfLines: boolean;
}

/** An object on each line, and after them arrays of objects. */
export const JSON_LINES: JsonLayout = {
  begins: isWholeLine,
  toLines: () => {
    const passer = new LinePasser();
    return (piece) => passer.pass(piece);
  },
  isOfLines: true,
};

/** An array of objects, or objects over several lines. */
export const JSON_ELEMENTS: JsonLayout = {
  begins: (start) => start.startsWith('[') || (start.startsWith('{') && !isWholeLine(start)),
  toLines: () => {
    const cutter = new ElementCutter('array or objects');
    return (piece) => cutter.cut(piece);
  },
  isOfLines: false,
};

/** Either: lines stay lines, so that a broken one does not cost those after it. */
export const JSON_LINES_OR_ELEMENTS: JsonLayout = {
  begins: (start) => start.startsWith('[') || start.startsWith('{'),
  toLines: byFirstPiece((start) => (isWholeLine(start) ? JSON_LINES : JSON_ELEMENTS)),
  isOfLines: false,
};

/** Either, or lists inside of objects, as responses of an API have them: `{"visits":{"data":[…]}}`. */
export function jsonResponses(isResponse: (start: string) => boolean): JsonLayout {
  const lists: JsonLayout = {
    begins: isResponse,
    toLines: () => {
      const cutter = new ElementCutter('lists in objects');
      return (piece) => cutter.cut(piece);
    },
    isOfLines: false,
  };
  return {
    begins: JSON_LINES_OR_ELEMENTS.begins,
    toLines: byFirstPiece((start) => (isResponse(start) ? lists : JSON_LINES_OR_ELEMENTS)),
    isOfLines: false,
  };
}

/** Rows that statements of an SQL dump insert into a table with these columns. */
export function sqlRows(needed: readonly string[], usual: readonly string[]): JsonLayout {
  const toLines = (): ((piece: Buffer) => Buffer) => {
    const cutter = new SqlRowCutter(needed, usual);
    return (piece) => cutter.cut(piece);
  };
  return {
    begins: (start) => INSERT.test(start) && toLines()(Buffer.from(start)).length > 0,
    toLines,
    isOfLines: false,
  };
}

const INSERT = /\b(?:INSERT|REPLACE)\b/i;

function byFirstPiece(layoutOf: (start: string) => JsonLayout): JsonLayout['toLines'] {
  return () => {
    let cut: ((piece: Buffer) => Buffer) | undefined;
    return (piece) => {
      cut ??= layoutOf(piece.toString('utf8').trimStart()).toLines();
      return cut(piece);
    };
  };
}

function isWholeLine(start: string): boolean {
  const [first = ''] = start.split('\n', 1);
  return parseObject(first) !== undefined;
}
