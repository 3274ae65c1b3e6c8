/** Part of a file: bytes from `start` to `end`, both included. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
}

const ONE_RANGE = /^bytes=(\d*)-(\d*)$/;

/**
 * The part of a file that a `Range` header asks for. A request for several parts, or with an invalid range, gets the whole file, as RFC
 * 9110 allows.
 * @param header empty: there is none
 * @param size of the file, bytes
 * @returns undefined for the whole file, `unsatisfiable` where it has no byte of the range
 */
export function fileRangeOf(header: string, size: number): FileRange | 'unsatisfiable' | undefined {
  const [match, first = '', last = ''] = ONE_RANGE.exec(header.trim()) ?? [];
  if (match === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}
