import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { csvRow } from '../../src/export/csv.ts';
import { jsonRow } from '../../src/export/json.ts';
import { sheetRow } from '../../src/export/sheet-rows.ts';
import { xmlRow } from '../../src/export/xml.ts';
import { type Sql, param, sql } from '../../src/sql/sql.ts';
import { rowText } from '../../src/stats/sql/row-text.ts';
import { type Column, type RowTemplate, writeRow } from '../../src/lib/row-template.ts';
import { FORMULA_SIGNS, INVISIBLE_SIGNS } from '../support/exports.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

/** Every control character but U+0000, which is never stored, and what formats, regular expressions and SQL know. */
const PARTS: readonly string[] = [
  Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)),
  Array.from(`=+-@"',;\\%&<>/{}[]()|^$.*?#_ x0`),
  ['\u007F', '\u0085', '\u2029', '\uFEFF', '\uFFFD', '\uFFFE', '\uFFFF', '\u{10FFFF}', '\u{1FFFE}'],
  ['=1+1', '@SUM(A1)', '{p0:String}', '{p0}', '%41', '%s', ']]>', '&#10;', '\r\n', '\\n', '\\0', "''"],
  [...FORMULA_SIGNS, ...INVISIBLE_SIGNS],
  ['😀', '👩‍👩‍👧', '\u202Eשלום\u202C', 'e\u0301', '李雷', '_x003D_1', '007', 'NULL'],
].flat();

const texts = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.array(fc.constantFrom(...INVISIBLE_SIGNS), { maxLength: 4 }),
      fc.constantFrom(...FORMULA_SIGNS, 'a'),
    )
    .map(([signs, last]) => `${signs.join('')}${last}1`),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
);

const COLUMNS: readonly Column[] = [
  { name: 'city', kind: 'text' },
  { name: 'browser', kind: 'text' },
  { name: 'clicks', kind: 'number' },
  { name: 'clicks_percentage', kind: 'number' },
];

const FORMATS = { csv: csvRow, xlsx: sheetRow, json: jsonRow, xml: xmlRow } as const;

type Row = readonly [city: string, browser: string, clicks: number, percentage: number];

/** The rows as ClickHouse writes them. Texts go there as hexadecimal digits, so that nothing else reads them. */
async function writtenByClickHouse(
  template: RowTemplate,
  rows: readonly Row[],
  values: Readonly<Record<string, Sql>> = {},
): Promise<readonly string[]> {
  const hex = (place: 0 | 1) =>
    param(
      'Array(String)',
      rows.map((row) => Buffer.from(row[place]).toString('hex')),
    );
  const hundredths = rows.map((row) => Math.round(row[3] * 100));
  const row = rowText(template, {
    city: sql`unhex(cell.1)`,
    browser: sql`unhex(cell.2)`,
    clicks: sql`cell.3`,
    clicks_percentage: sql`toFloat64(cell.4) / 100`,
    ...values,
  });
  const clicks = param(
    'Array(UInt64)',
    rows.map((one) => one[2]),
  );
  const cells = sql`arrayZip(${hex(0)}, ${hex(1)}, ${clicks}, ${param('Array(UInt64)', hundredths)})`;
  const bytes = await spoor.database.text(
    sql`SELECT concat(${row}, char(0)) FROM (SELECT arrayJoin(${cells}) AS cell)`,
    new AbortController().signal,
  );
  const pieces: Buffer[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8').split('\0').slice(0, -1);
}

const rows: fc.Arbitrary<readonly Row[]> = fc.array(
  fc.tuple(
    texts,
    texts,
    fc.oneof(fc.nat(3), fc.maxSafeNat()),
    fc.oneof(
      fc.constantFrom(0, 0.01, 0.1, 33.33, 99.99, 100),
      fc.nat(10_000).map((one) => one / 100),
    ),
  ),
  { minLength: 30, maxLength: 60 },
);

/** JSON has two ways to write a control character: there what a parser makes of a row is compared, else its text. */
function comparable(format: string, written: readonly string[]): readonly unknown[] {
  return format === 'json' ? written.map((row): unknown => JSON.parse(row.slice(1))) : written;
}

test.each(Object.entries(FORMATS))('%s: ClickHouse writes a row as Node does', async (format, rowOf) => {
  const template = rowOf(COLUMNS);
  await fc.assert(
    fc.asyncProperty(rows, async (some) => {
      const byNode = some.map(([city, browser, clicks, clicks_percentage]) =>
        writeRow(template, { city, browser, clicks, clicks_percentage }),
      );
      expect(comparable(format, await writtenByClickHouse(template, some))).toEqual(
        comparable(format, byNode),
      );
    }),
    { numRuns: 15 },
  );
});

test('each character alone, first, last and in between, in every format', async () => {
  const each = PARTS.flatMap((part): Row[] => [
    [part, `${part}a`, 1, 1],
    [`a${part}`, `a${part}a`, 1, 1],
  ]);
  for (const [format, rowOf] of Object.entries(FORMATS)) {
    const template = rowOf(COLUMNS);
    const byNode = each.map(([city, browser]) =>
      writeRow(template, { city, browser, clicks: 1, clicks_percentage: 1 }),
    );
    expect(comparable(format, await writtenByClickHouse(template, each))).toEqual(comparable(format, byNode));
  }
});

test('before a formula sign ClickHouse takes the same code points for invisible as Node does', async () => {
  const template = csvRow([{ name: 'city', kind: 'text' }]);
  const utf8 = sql`multiIf(
    point < 0x80, char(point),
    point < 0x800, char(0xC0 + intDiv(point, 64), 0x80 + point % 64),
    point < 0x10000, char(0xE0 + intDiv(point, 4096), 0x80 + intDiv(point, 64) % 64, 0x80 + point % 64),
    char(0xF0 + intDiv(point, 262144), 0x80 + intDiv(point, 4096) % 64, 0x80 + intDiv(point, 64) % 64, 0x80 + point % 64))`;
  const byClickHouse = await spoor.database.rows<[number]>(sql`
    SELECT toUInt32(number + 1) AS point FROM numbers(${param('UInt32', 0x10ffff)})
    WHERE (point < 0xD800 OR point > 0xDFFF)
      AND position(${rowText(template, { city: sql`concat(${utf8}, '=1')` })}, ${param('String', "'")}) IN (1, 2)
    ORDER BY point`);
  const byNode = Array.from({ length: 0x10ffff }, (_, index) => index + 1).filter(
    (point) =>
      (point < 0xd800 || point > 0xdfff) &&
      /^"?'/.test(writeRow(template, { city: `${String.fromCodePoint(point)}=1` })),
  );
  expect(byClickHouse.flat()).toEqual(byNode);
});

test('literal text of a template reaches the row untouched', async () => {
  const literals = `{p0:String} ' \\' \\n %s \u0001 "é😀" -- /* \n`;
  const template = { escape: 'json', pieces: [literals, { name: 'city', kind: 'text' }, literals] } as const;
  expect(await writtenByClickHouse(template, [['x', '', 0, 0]])).toEqual([`${literals}"x"${literals}`]);
});

test('a value that is missing: null in JSON, nothing elsewhere', async () => {
  const columns: readonly Column[] = [
    { name: 'city', kind: 'plain', isNullable: true },
    { name: 'clicks', kind: 'number', isNullable: true },
  ];
  const missing = { city: sql`if(cell.3 = 0, NULL, unhex(cell.1))`, clicks: sql`nullIf(cell.3, 0)` };
  for (const [format, rowOf] of Object.entries(FORMATS)) {
    const template = rowOf(columns);
    const written = await writtenByClickHouse(
      template,
      [
        ['x', '', 0, 0],
        ['x', '', 7, 0],
      ],
      missing,
    );
    const byNode = [
      { city: null, clicks: null },
      { city: 'x', clicks: 7 },
    ].map((values) => writeRow(template, values));
    expect([format, written]).toEqual([format, byNode]);
  }
  expect(writeRow(jsonRow(columns), { city: null, clicks: null })).toBe(',{"city":null,"clicks":null}');
  expect(writeRow(csvRow(columns), { city: null, clicks: null })).toBe(',\r\n');
});

test('a template that names a column the query has not is refused', () => {
  const template = { escape: 'xml', pieces: [{ name: 'planet', kind: 'text' }] } as const;
  expect(() => rowText(template, {})).toThrow();
});
