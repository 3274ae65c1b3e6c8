import { expect, test } from '@jest/globals';
import { csvRow } from '../../src/export/csv.ts';
import { jsonRow } from '../../src/export/json.ts';
import { sheetRow } from '../../src/export/sheet-rows.ts';
import { xmlRow } from '../../src/export/xml.ts';
import { type Column, splitBefore } from '../../src/lib/row-template.ts';

const CITY: readonly Column[] = [{ name: 'city', kind: 'text', isNullable: true }];
const TIME_AND_OS: readonly Column[] = [
  { name: 'time', kind: 'plain' },
  { name: 'os', kind: 'text' },
  { name: 'other', kind: 'flag', isNullable: true },
];
const CLICKS: readonly Column[] = [
  { name: 'clicks', kind: 'number' },
  { name: 'change', kind: 'number', isNullable: true },
];
const VISITORS: readonly Column[] = [{ name: 'unique_clicks', kind: 'number' }];

// Exports put the two parts of lists and metrics together in every way.
test.each([
  ['csv', csvRow],
  ['json', jsonRow],
  ['xlsx', sheetRow],
  ['xml', xmlRow],
])('a row of %s is a part for its dimensions and one for its metric', (_, rowOf) => {
  for (const dimensions of [CITY, TIME_AND_OS]) {
    for (const metric of [CLICKS, VISITORS]) {
      const [name = ''] = metric.map((column) => column.name);
      const whole = rowOf([...dimensions, ...metric]);
      const [before] = splitBefore(rowOf([...dimensions, ...VISITORS]), 'unique_clicks');
      const [, from] = splitBefore(rowOf([...CITY, ...metric]), name);
      expect({ ...whole, pieces: [...before.pieces, ...from.pieces] }).toEqual(whole);
    }
  }
});
