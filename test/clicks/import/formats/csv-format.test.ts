import { describe, expect, test } from '@jest/globals';
import * as fc from '../../../support/fast-check.ts';
import { CSV, parseCsvCells } from '../../../../src/clicks/import/formats/csv-format.ts';
import type { FileHeader } from '../../../../src/clicks/import/formats/import-format.ts';
import type { ImportedRecord } from '../../../../src/clicks/import/formats/imported-record.ts';

const parseCsvRecord = (record: string, header: FileHeader): ImportedRecord => CSV.parser(header)(record);

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
    expect(parseCsvRecord(record, { columns: ['short_code'] }).kind).toBe('rejected');
  });

  test('goes under the header’s names; an empty cell is not given, redirect_ms is a number', () => {
    const columns = { columns: ['short_code', 'city', 'redirect_ms', 'extra'] };
    expect(parseCsvRecord('007,,12.5,x', columns)).toEqual({
      kind: 'click',
      value: { short_code: '007', redirect_ms: 12.5, extra: 'x' },
    });
    expect(parseCsvRecord('a,b,soon,', columns)).toMatchObject({ value: { redirect_ms: 'soon' } });
  });

  test('has properties under columns of their names, whose letters stay as they are', () => {
    const header = CSV.parseHeader?.('short_code, Property.Plan ,property.plan,property.__proto__,property.');
    expect(header).toEqual({
      columns: ['short_code', 'property.Plan', 'property.plan', 'property.__proto__', 'property.'],
    });
    const record = parseCsvRecord('a,007,,x,y', header ?? { columns: [] });
    if (record.kind !== 'click') throw new Error(record.reason);
    expect(record.value).toMatchObject({ short_code: 'a', 'property.': 'y' });
    expect(Object.entries(Object(record.value['properties']))).toEqual([
      ['Plan', '007'],
      ['__proto__', 'x'],
    ]);
  });

  test('without such cells has the pairs of the column properties, or none', () => {
    const header = { columns: ['short_code', 'properties', 'property.plan'] };
    expect(parseCsvRecord('a,"{""seats"":5,""plan"":""free""}",pro', header)).toMatchObject({
      value: { properties: { seats: 5, plan: 'pro' } },
    });
    expect(parseCsvRecord('a,"{""seats"":5}",', header)).toMatchObject({
      value: { properties: { seats: 5 } },
    });
    expect(parseCsvRecord('a,,', header)).toEqual({ kind: 'click', value: { short_code: 'a' } });
  });

  test('may have blanks around its time; a short code keeps them', () => {
    expect(parseCsvRecord('a , 2026-10-10T10:00:00Z ', { columns: ['short_code', 'clicked_at'] })).toEqual({
      kind: 'click',
      value: { short_code: 'a ', clicked_at: '2026-10-10T10:00:00Z' },
    });
  });

  test('may lack its last cells, have empty ones behind them, or be empty', () => {
    const header = { columns: ['short_code', 'city', 'os'] };
    expect(parseCsvRecord('a', header)).toEqual({ kind: 'click', value: { short_code: 'a' } });
    expect(parseCsvRecord('a,b,c,, ', header)).toMatchObject({
      value: { short_code: 'a', city: 'b', os: 'c' },
    });
    expect(parseCsvRecord('a,b,c,d', header).kind).toBe('rejected');
    expect(parseCsvRecord('a,b,c,,"x"', header).kind).toBe('rejected');
    for (const empty of [',,', ', ,', ',,,,', '"",""'])
      expect(parseCsvRecord(empty, header).kind).toBe('skipped');
  });
});

describe('the header of a CSV file', () => {
  test.each([
    ['short_code,city', ['short_code', 'city'], undefined],
    [' Short_Code ;CITY', ['short_code', 'city'], ';'],
    ['city\tSHORT_CODE', ['city', 'short_code'], '\t'],
    ['"city";"short_code"', ['city', 'short_code'], ';'],
    ['short_code', ['short_code'], undefined],
  ])('%j', (record, columns, delimiter) => {
    expect(CSV.parseHeader?.(record)).toEqual(delimiter === undefined ? { columns } : { columns, delimiter });
  });

  test.each(['', 'code,city', '{"short_code":"a"}', 'short_code|city'])('none: %j', (record) => {
    expect(CSV.parseHeader?.(record)).toBeUndefined();
  });

  test('tells what separates the cells of the records', () => {
    const header = { columns: ['short_code', 'city'], delimiter: ';' };
    expect(parseCsvRecord('a,b;"x;y"', header)).toEqual({
      kind: 'click',
      value: { short_code: 'a,b', city: 'x;y' },
    });
  });
});
