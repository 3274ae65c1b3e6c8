import { describe, expect, test } from '@jest/globals';
import * as fc from '../../../support/fast-check.ts';
import { LONGEST_LINE, TOO_LONG } from '../../../../src/clicks/import/lines.ts';
import { SqlRowCutter } from '../../../../src/clicks/import/formats/sql-row-cutter.ts';

const COLUMNS = ['id', 'code', 'note'];

/** The rows of a dump that arrives in pieces, cut at these places. */
function rowsOf(dump: string, cuts: readonly number[] = []): readonly unknown[] {
  const cutter = new SqlRowCutter(['id', 'code'], COLUMNS);
  const bytes = Buffer.from(dump);
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  const lines = places
    .slice(1)
    .map((end, place) => cutter.cut(bytes.subarray(places[place], end)).toString('utf8'));
  return lines
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => (line === TOO_LONG ? line : JSON.parse(line)));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
  '\\': '\\\\',
  '"': '\\"',
  "'": "\\'",
};

/** As mysqldump writes a text. */
const escaped = (text: string): string =>
  `'${text.replaceAll(/[\0\n\r\x1a\\"']/g, (sign) => ESCAPES[sign] ?? sign)}'`;

/** As standard SQL does. */
const doubled = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

describe('the rows of a dump', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      "'",
      '"',
      '`',
      '\\',
      ',',
      '(',
      ')',
      ';',
      '-',
      '#',
      '/',
      '*',
      '\n',
      '\0',
      'é',
      '🦊',
    ),
    maxLength: 8,
  });
  const row = fc.record({ id: fc.nat(), code: text, note: fc.option(text) });

  test('are those that were written, wherever it is cut', () => {
    const statement = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 4 }),
      write: fc.constantFrom(escaped, doubled),
      head: fc.constantFrom(
        'INSERT INTO `short_log` VALUES ',
        'insert ignore into db.short_log (`id`, code, `note`) values\n',
        "-- it's\nREPLACE INTO short_log (id,code,note) VALUES",
        '/*! a; ( */ INSERT INTO `short_log` VALUES /* ( */\n-- (\n',
      ),
      gap: fc.constantFrom(',', ',\n', ', /* ), */ '),
    });
    const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 3 }), cuts, (statements, places) => {
        const dump = statements.map(({ rows, write, head, gap }) => {
          const written = rows.map(
            ({ id, code, note }) => `(${id},${write(code)}, ${note === null ? 'NULL' : write(note)})`,
          );
          return `${head}${written.join(gap)};\n`;
        });
        const expected = statements.flatMap(({ rows }) =>
          rows.map((values) => ({ ...values, id: String(values.id) })),
        );
        expect(rowsOf(dump.join(''), places)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [
      'of the table that was created before',
      'CREATE TABLE t (note text, `id` int, code char(2), KEY k (id, code)); INSERT INTO t VALUES (1,2,3);',
      [{ note: '1', id: '2', code: '3' }],
    ],
    [
      'of no other table',
      'CREATE TABLE u (a int, b int); INSERT INTO u VALUES (1,2); INSERT INTO u (a) VALUES (3);',
      [],
    ],
    ['of no table that is not known', "INSERT INTO t VALUES (1,'a',NULL);", []],
    [
      'in hexadecimal',
      "INSERT INTO a_log VALUES (1,0x61C3A9,_utf8mb4'b');",
      [{ id: '1', code: 'aé', note: 'b' }],
    ],
    [
      'before what is done with known ones',
      "INSERT INTO a_log VALUES (1,'a',2) ON DUPLICATE KEY UPDATE id=VALUES(id);",
      [{ id: '1', code: 'a', note: '2' }],
    ],
    [
      'of a statement that is cut',
      "INSERT INTO a_log VALUES (1,'a',2),(3,'b",
      [{ id: '1', code: 'a', note: '2' }],
    ],
  ])('are those %s', (_, dump, rows) => {
    expect(rowsOf(dump)).toEqual(rows);
  });

  test('one that is too long is none, and those around it are read', () => {
    const long = 'x'.repeat(LONGEST_LINE);
    const dump = `INSERT INTO a_log VALUES (1,'a',2),(3,'${long}',4),(5,'b',6);`;
    expect(rowsOf(dump, [100, 70_000])).toEqual([
      { id: '1', code: 'a', note: '2' },
      TOO_LONG,
      { id: '5', code: 'b', note: '6' },
    ]);
  });
});
