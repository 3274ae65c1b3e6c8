import { describe, expect, test } from '@jest/globals';
import exceljs from 'exceljs';
import { strFromU8, unzipSync } from 'fflate';
import type { ExportContent, ExportList } from '../../src/export/content.ts';
import { sheetRow } from '../../src/export/sheet-rows.ts';
import { SHEET_ROWS, writeXlsx } from '../../src/export/xlsx.ts';
import { type Column, writeRow } from '../../src/lib/row-template.ts';

const COLUMNS: readonly Column[] = [
  { name: 'city', kind: 'text' },
  { name: 'clicks', kind: 'number' },
];
const TEMPLATE = sheetRow(COLUMNS);

/** As many rows as wanted, the n-th with n clicks, in pieces that break anywhere. */
async function* rowsOf(count: number, pieceBytes: number): AsyncGenerator<Buffer> {
  const [before = '', after = ''] = writeRow(TEMPLATE, { city: 'é', clicks: 4_711 }).split('4711');
  let rest = Buffer.alloc(0);
  let text = '';
  for (let row = 1; row <= count; row++) {
    text += before + row + after;
    if (text.length < pieceBytes && row < count) continue;
    rest = Buffer.concat([rest, Buffer.from(text)]);
    text = '';
    for (; rest.length >= pieceBytes; rest = rest.subarray(pieceBytes)) yield rest.subarray(0, pieceBytes);
  }
  if (rest.length > 0) yield rest;
}

function contentOf(
  lists: readonly (readonly [name: string, rows: number])[],
  pieceBytes: number,
): ExportContent {
  async function* each(): AsyncGenerator<ExportList> {
    for (const [name, rows] of lists) yield { name, columns: COLUMNS, rows: rowsOf(rows, pieceBytes) };
  }
  return {
    head: {},
    summary: { total_clicks: 1 },
    listNames: lists.map(([name]) => ({ name, columns: COLUMNS })),
    lists: each(),
    groupCounts: {},
  };
}

async function piecesOf(
  content: ExportContent,
  limits?: Parameters<typeof writeXlsx>[1],
): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [];
  for await (const piece of writeXlsx(content, limits))
    pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  return pieces;
}

async function filesOf(
  content: ExportContent,
  limits?: Parameters<typeof writeXlsx>[1],
): Promise<Readonly<Record<string, Uint8Array>>> {
  return unzipSync(Buffer.concat(await piecesOf(content, limits)));
}

function xmlOf(files: Readonly<Record<string, Uint8Array>>, name: string): string {
  const data = files[name];
  if (data === undefined) throw new Error(`No ${name}.`);
  return strFromU8(data);
}

/** The names of the sheets in order, and the file of each. */
function sheetsOf(files: Readonly<Record<string, Uint8Array>>): readonly (readonly [string, string])[] {
  const relations = new Map(
    [...xmlOf(files, 'xl/_rels/workbook.xml.rels').matchAll(/<Relationship [^>]*>/g)].map(([tag]) => [
      /\bId="([^"]*)"/.exec(tag)?.[1],
      /\bTarget="\/?(?:xl\/)?([^"]*)"/.exec(tag)?.[1],
    ]),
  );
  return [...xmlOf(files, 'xl/workbook.xml').matchAll(/<sheet [^>]*>/g)].map(([tag]) => {
    const target = relations.get(/\br:id="([^"]*)"/.exec(tag)?.[1]);
    return [/\bname="([^"]*)"/.exec(tag)?.[1] ?? '', `xl/${target}`];
  });
}

/** What a workbook shares: the texts that its cells name by their places. */
function sharedTexts(files: Readonly<Record<string, Uint8Array>>): readonly string[] {
  return [...xmlOf(files, 'xl/sharedStrings.xml').matchAll(/<si><t[^>]*>(.*?)<\/t><\/si>/gs)].map(
    ([, text = '']) => text,
  );
}

/** What a sheet's rows say of themselves: how many there are, whether their numbers and cells are in order. */
function scan(files: Readonly<Record<string, Uint8Array>>, name: string) {
  const xml = xmlOf(files, name);
  const cell = `t="s"><v>${sharedTexts(files).indexOf('é')}</v>`;
  let rows = 0;
  let firstClicks = 0;
  let lastClicks = 0;
  let isInOrder = true;
  for (const [, number, cells = ''] of xml.matchAll(/<row r="(\d+)"[^>]*>(.*?)<\/row>/gs)) {
    rows++;
    if (Number(number) !== rows) isInOrder = false;
    if (rows === 1) continue;
    const clicks = Number(/"B\d+"><v>(\d+)<\/v>/.exec(cells)?.[1]);
    if (!cells.includes(`"A${rows}" ${cell}`) || !cells.includes(`"B${rows}"`)) isInOrder = false;
    if (rows === 2) firstClicks = clicks;
    else if (clicks !== lastClicks + 1) isInOrder = false;
    lastClicks = clicks;
  }
  return { rows, firstClicks, lastClicks, isInOrder };
}

describe('a workbook', () => {
  test('takes 1,048,575 rows under the header of a sheet, as spreadsheets do', () => {
    expect(SHEET_ROWS).toBe(1_048_575);
  });

  test('goes on in a further sheet with the first row that has no place any more', async () => {
    const sheetRows = 2_000;
    const lists = [
      ['full', sheetRows],
      ['over', sheetRows + 1],
      ['few', 3],
    ] as const;
    const files = await filesOf(contentOf(lists, 10_007), { sheetRows });
    const sheets = sheetsOf(files);
    expect(sheets.map(([name]) => name)).toEqual(['Summary', 'full', 'over', 'over~2', 'few']);
    const found = Object.fromEntries(sheets.slice(1).map(([name, file]) => [name, scan(files, file)]));
    const whole = { rows: sheetRows + 1, firstClicks: 1, lastClicks: sheetRows, isInOrder: true };
    expect(found).toEqual({
      full: whole,
      over: whole,
      'over~2': { rows: 2, firstClicks: sheetRows + 1, lastClicks: sheetRows + 1, isInOrder: true },
      few: { rows: 4, firstClicks: 1, lastClicks: 3, isInOrder: true },
    });
    // A header over each, and every part is named where a spreadsheet looks for it.
    for (const [name, file] of sheets.slice(1)) {
      const xml = xmlOf(files, file);
      expect([name, xml.match(/<row r="1"[^>]*>/g)?.length, xml.endsWith('</worksheet>')]).toEqual([
        name,
        1,
        true,
      ]);
      expect(xmlOf(files, '[Content_Types].xml')).toContain(`/${file}`);
    }
    expect(Object.keys(files).filter((name) => name.startsWith('xl/worksheets/sheet'))).toHaveLength(5);
  });

  test.each([1, 2, 7, 64, 65_536])('pieces of %i bytes make no difference', async (pieceBytes) => {
    const files = await filesOf(
      contentOf(
        [
          ['none', 0],
          ['some', 200],
        ],
        pieceBytes,
      ),
    );
    const [, none, some] = sheetsOf(files);
    expect(scan(files, none?.[1] ?? '').rows).toBe(1);
    expect(scan(files, some?.[1] ?? '')).toEqual({
      rows: 201,
      firstClicks: 1,
      lastClicks: 200,
      isInOrder: true,
    });
  });

  test('keeps its texts, those that repeat and more different ones than it shares', async () => {
    const cities = Array.from({ length: 600 }, (_, index) => `City ${index} <é> `);
    const all = [...cities, ...cities.slice(0, 10), ...cities.slice(-10)];
    async function* rows(): AsyncGenerator<Buffer> {
      for (const [index, city] of all.entries())
        yield Buffer.from(writeRow(TEMPLATE, { city, clicks: index }));
    }
    async function* lists(): AsyncGenerator<ExportList> {
      yield { name: 'a', columns: COLUMNS, rows: rows() };
    }
    const content = { ...contentOf([['a', 0]], 1), lists: lists() };
    const bytes = Buffer.concat(await piecesOf(content, { sharedTexts: 500 }));
    expect(sharedTexts(unzipSync(bytes)).filter((text) => text.startsWith('City '))).toHaveLength(500);
    const book = new exceljs.Workbook();
    await book.xlsx.load(bytes.buffer);
    const sheet = book.getWorksheet('a');
    const read = sheet
      ?.getSheetValues()
      .slice(2)
      .map((row) => (Array.isArray(row) ? row.slice(1) : row));
    expect(read).toEqual(all.map((city, index) => [city, index]));
    expect(book.getWorksheet('Summary')?.getCell('A1').value).toBe('Field');
    expect(sheet?.getCell('B1').value).toBe('clicks');
  });

  test('fails when its rows do, instead of ending early', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from(writeRow(TEMPLATE, { city: 'x', clicks: 1 }));
      throw new Error('The connection broke.');
    }
    async function* lists(): AsyncGenerator<ExportList> {
      yield { name: 'a', columns: COLUMNS, rows: failing() };
    }
    const content = { ...contentOf([['a', 0]], 1), lists: lists() };
    await expect(filesOf(content)).rejects.toThrow('The connection broke.');
  });
});
