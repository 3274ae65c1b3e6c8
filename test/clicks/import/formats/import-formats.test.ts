import { describe, expect, test } from '@jest/globals';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES } from '../../../../src/clicks/import/formats/import-formats.ts';
import { NOT_UTF8, TOO_LONG } from '../../../../src/clicks/import/lines.ts';
import { parserOf } from '../../../../src/clicks/import/reading.ts';
import { formatOfName, recogniseFormat } from '../../../../src/clicks/import/recognise.ts';

const COMMON = '192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /code HTTP/1.1" 302 0';

describe('a file is recognised by its content', () => {
  test.each([
    ['{"short_code":"a"}\n', 'ndjson'],
    ['short_code,city\na,Berlin\n', 'csv'],
    ['sep=;\r\nCITY;SHORT_CODE\r\n', 'csv'],
    ['"a\nb",short_code\n', 'csv'],
    [`${COMMON}\n`, 'common'],
    [`${COMMON} "-" "Agent/1"\n`, 'combined'],
    [`${COMMON} "-" "Agent/1" "203.0.113.7"\r\n`, 'combined'],
    [`go.example:443 ${COMMON} "-" "Agent/1"\n`, 'vhost_combined'],
    // The last line may be cut, the first ones what the server wrote when it started.
    [`starting\n\n${COMMON}\n${COMMON}\n${COMMON.slice(0, 30)}`, 'common'],
    ['[{"short_code":"a"},{"short_code":"b"}]', 'json'],
    ['[\n{"short_code":"a"},\n{"short_code":"b"}\n]\n', 'json'],
    ['{\n"short_code": "a"\n}\n', 'json'],
    [' [ \n] ', 'json'],
    ['{"status":200}\n', undefined],
    ['{\n"name": "spoor"\n}\n', undefined],
    ['code,city\na,Berlin\n', undefined],
    ['12\n"a"\n[]\n', undefined],
    ['', undefined],
  ])('%j: %s', (text, format) => {
    expect(recogniseFormat(text)).toBe(format);
  });

  test.each([
    ['clicks.ndjson', 'ndjson'],
    ['clicks.ndjson.gz', 'ndjson'],
    ['/a.csv/clicks.NDJSON', 'ndjson'],
    ['clicks.CSV.XZ', 'csv'],
    ['access.log', 'combined'],
    ['clicks.txt', undefined],
    ['clicks.gz', undefined],
    ['ndjson', undefined],
    ['-', undefined],
  ])('else by its name, %s: %s', (name, format) => {
    expect(formatOfName(name)).toBe(format);
  });

  test('no two formats have one ending', () => {
    const endings = IMPORT_FORMAT_NAMES.flatMap((format) => IMPORT_FORMATS[format].endings);
    expect(new Set(endings).size).toBe(endings.length);
  });
});

describe.each(IMPORT_FORMAT_NAMES)('in %s', (format) => {
  const parse = parserOf({ format, columns: ['short_code'] });

  test('a blank line is skipped', () => {
    for (const blank of ['', ' ', '\t']) expect(parse(blank).kind).toBe('skipped');
  });

  test('a line that is too long is rejected', () => {
    expect(parse(TOO_LONG)).toEqual({ kind: 'rejected', reason: 'longer than 1 MiB' });
  });

  test('a line with bytes that are not UTF-8 is rejected', () => {
    expect(parse(`{"short_code":"${NOT_UTF8}"}`).kind).toBe('rejected');
  });
});

describe('what is left out', () => {
  const kindsOf = (options: object, codes: readonly string[]): readonly string[] => {
    const parse = parserOf({ format: 'combined', columns: [], ...options });
    return codes.map((code) => {
      const record = parse(`${COMMON.replace('code', code)} "-" "Agent/1"`);
      return record.kind === 'click' ? String(record.value['short_code']) : record.kind;
    });
  };

  test('are codes outside --only and inside --except, and other statuses', () => {
    const codes = ['launch', 'caf%C3%A9', 'logo.png', 'wp-login.php'];
    expect(kindsOf({ only: ['/la*', 'café'] }, codes)).toEqual(['launch', 'café', 'skipped', 'skipped']);
    expect(kindsOf({ except: ['static', '*.php'] }, codes)).toEqual(['launch', 'café', 'skipped', 'skipped']);
    expect(kindsOf({ only: ['l*'], except: ['*.png'] }, codes)).toEqual([
      'launch',
      'skipped',
      'skipped',
      'skipped',
    ]);
    expect(kindsOf({ status: [301] }, ['launch'])).toEqual(['skipped']);
    expect(kindsOf({ status: [301, 302] }, ['launch'])).toEqual(['launch']);
  });

  test('are codes of every format', () => {
    const parse = parserOf({ format: 'ndjson', columns: [], except: ['a*'] });
    expect(['{"short_code":"ab"}', '{"short_code":"b"}', '{}'].map((line) => parse(line).kind)).toEqual([
      'skipped',
      'click',
      'click',
    ]);
  });
});

test('a code begins with the host where that is asked for', () => {
  const line = `Go.Example:443 ${COMMON} "-" "Agent/1"`;
  const codeOf = (options: object): unknown => {
    const record = parserOf({ format: 'vhost_combined', columns: [], ...options })(line);
    return record.kind === 'click' ? record.value['short_code'] : record.kind;
  };
  expect(codeOf({})).toBe('code');
  expect(codeOf({ code_with_host: true })).toBe('go.example/code');
  expect(codeOf({ code_with_host: true, only: ['code'] })).toBe('go.example/code');
});
