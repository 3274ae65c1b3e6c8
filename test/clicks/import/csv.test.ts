import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseCsvCells, parseCsvRecord } from '../../../src/clicks/import/csv.ts';

describe('a CSV record', () => {
  test('has the cells that were written, quoted or not', () => {
    const cells = fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'ü') }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(cells, fc.infiniteStream(fc.boolean()), (values, choices) => {
        const record = values
          .map((value) =>
            /[",\r\n]/.test(value) || choices.next().value ? `"${value.replaceAll('"', '""')}"` : value,
          )
          .join(',');
        expect(parseCsvCells(record)).toEqual(values);
      }),
    );
  });

  test.each(['"open', '"a"b', 'a,"b"c', '"a""'])('with quotes that do not fit is none: %s', (record) => {
    expect(parseCsvCells(record)).toBeUndefined();
    expect(parseCsvRecord(record, ['short_code']).kind).toBe('rejected');
  });

  test('goes under the header’s names; an empty cell is not given, redirect_ms is a number', () => {
    const columns = ['short_code', 'city', 'redirect_ms', 'extra'];
    expect(parseCsvRecord('007,,12.5,x', columns)).toEqual({
      kind: 'click',
      value: { short_code: '007', redirect_ms: 12.5, extra: 'x' },
    });
    expect(parseCsvRecord('a,b,soon,', columns)).toMatchObject({ value: { redirect_ms: 'soon' } });
  });

  test.each(['a', 'a,b', 'a,b,c,d', ''])(
    'with another number of cells than the header is rejected: %j',
    (record) => {
      expect(parseCsvRecord(record, ['short_code', 'city', 'os']).kind).toBe('rejected');
    },
  );
});
