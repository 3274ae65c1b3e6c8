import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { fileRangeOf } from '../../../src/http/response/file-range.ts';

/** The bytes of a file that a range names, one by one; undefined where the text is no range of RFC 9110. */
function bytesNamed(first: number | undefined, last: number | undefined, size: number) {
  const all = Array.from({ length: size }, (_, place) => place);
  if (first === undefined) return last === undefined ? undefined : last === 0 ? [] : all.slice(-last);
  if (last !== undefined && last < first) return undefined;
  return all.filter((place) => place >= first && (last === undefined || place <= last));
}

test('a range is the bytes that it names', () => {
  const place = fc.option(fc.nat(12), { nil: undefined });
  fc.assert(
    fc.property(place, place, fc.nat(10), (first, last, size) => {
      const named = bytesNamed(first, last, size);
      const range = fileRangeOf(`bytes=${first ?? ''}-${last ?? ''}`, size);
      if (named === undefined) expect(range).toBeUndefined();
      else if (named.length === 0) expect(range).toBe('unsatisfiable');
      else expect(range).toEqual({ start: named[0], end: named.at(-1) });
    }),
  );
});

test.each(['', 'bytes', 'bytes=', 'bytes=a-b', 'items=0-1', 'bytes=0-1,3-4', 'bytes=-1-2'])(
  '"%s" is for the whole file',
  (header) => expect(fileRangeOf(header, 10)).toBeUndefined(),
);
