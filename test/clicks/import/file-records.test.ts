import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { clicksOf as clicksOfBatch } from '../../../src/clicks/import/record-batch.ts';
import { ReportBuilder } from '../../../src/clicks/import/batch-report.ts';
import { openRecords } from '../../../src/clicks/import/file-records.ts';
import { PendingRecords } from '../../../src/clicks/import/pending-records.ts';
import { type RecordBlock, recordBlocks } from '../../../src/clicks/import/record-blocks.ts';
import { textBytes, validUtf8 } from '../../../src/clicks/import/file-text.ts';
import { unpacked } from '../../../src/clicks/import/unpack.ts';
import type { ImportFormatName } from '../../../src/clicks/import/formats/import-formats.ts';
import { parserOf } from '../../../src/clicks/import/reading.ts';
import { LONGEST_LINE, REPEATED_HEADER, TOO_LONG } from '../../../src/clicks/import/lines.ts';
import { RecordSplitter } from '../../../src/clicks/import/records.ts';

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const sorted = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  for (const [place, end] of sorted.slice(1).entries()) {
    const piece = bytes.subarray(sorted[place], end);
    if (piece.length > 0) yield piece;
  }
}

async function blocksOf(
  bytes: Buffer,
  cuts: readonly number[],
  isQuoted: boolean,
): Promise<readonly RecordBlock[]> {
  const blocks: RecordBlock[] = [];
  const text = textBytes(unpacked(pieces(bytes, cuts)), undefined);
  for await (const block of recordBlocks(
    validUtf8(text, () => '\uFFFD'),
    isQuoted,
  ))
    blocks.push(block);
  return blocks;
}

function recordsOf(blocks: readonly RecordBlock[]): readonly string[] {
  return blocks.flatMap(({ bytes, ends }) =>
    ends.map((end, place) => bytes.toString('utf8', ends[place - 1] ?? 0, end - 1)),
  );
}

/** Bytes made of what matters here: line ends, quotes, a byte order mark, characters of several bytes and parts of them. */
const file = fc
  .array(fc.constantFrom('a', '"', ',', '\n', '\r\n', '\r', '🦊', '\uFEFF', 'fe', 'c3'), { maxLength: 40 })
  .map((parts) =>
    Buffer.concat(
      parts.map((part) =>
        part.length === 2 && part !== '\r\n' && part !== '🦊' ? Buffer.from(part, 'hex') : Buffer.from(part),
      ),
    ),
  );
const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 6 });

describe('the records of a file', () => {
  test.each([false, true])('are those of its text, wherever it is cut (quoted: %s)', async (isQuoted) => {
    await fc.assert(
      fc.asyncProperty(file, cuts, fc.boolean(), async (bytes, places, isPacked) => {
        const splitter = new RecordSplitter(isQuoted);
        const text = new TextDecoder()
          .decode(bytes)
          .replaceAll(/\r(?!.*\n)/gs, (end) => (bytes.includes('\n') ? end : '\n'))
          .replaceAll(/(?<=^|\n)\uFEFF+/g, '');
        const expected = [...splitter.push(text), ...splitter.end()];
        const blocks = await blocksOf(isPacked ? gzipSync(bytes) : bytes, places, isQuoted);
        expect(recordsOf(blocks)).toEqual(expected.map(({ text }) => text));
        const growing = blocks.findLast(({ ends }) => ends.length > 0)?.growing ?? 0;
        expect(growing).toBe(expected.filter(({ isComplete }) => !isComplete).length);
      }),
      { numRuns: 120 },
    );
  });

  /** Lines about as long as one may be, each ended in its own way. */
  const long = fc
    .array(
      fc.tuple(
        fc.constantFrom('x', 'é'),
        fc.constantFrom(3, LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1, 5 * LONGEST_LINE),
        fc.constantFrom('\n', '\r\n'),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((lines) =>
      lines.map(([sign, bytes, end]) => ({ text: sign.repeat(bytes / Buffer.byteLength(sign)), end })),
    );

  test.each([false, true])(
    'hold no line that is too long, nor any part of it (quoted: %s)',
    async (isQuoted) => {
      await fc.assert(
        fc.asyncProperty(long, fc.integer({ min: 60_000, max: 3_000_000 }), async (lines, size) => {
          const bytes = Buffer.from(lines.map(({ text, end }) => text + end).join(''));
          const places = Array.from({ length: Math.ceil(bytes.length / size) }, (_, place) => place * size);
          const records = recordsOf(await blocksOf(bytes, places, isQuoted));
          const lengthOf = (text: string): number => (isQuoted ? text.length : Buffer.byteLength(text));
          // A carriage return may count as part of the line: one more or less matters to nobody.
          expect(records.map((text) => lengthOf(text) > LONGEST_LINE + 1)).not.toContain(true);
          lines.forEach(({ text }, place) => {
            if (lengthOf(text) < LONGEST_LINE) expect(records[place] === text).toBe(true);
            if (lengthOf(text) > LONGEST_LINE) expect(records[place]).toBe(TOO_LONG);
          });
          expect(records).toHaveLength(lines.length);
        }),
        { numRuns: 15 },
      );
    },
  );
});

describe('a file', () => {
  const clicksOf = async (
    bytes: Buffer,
    options: { readonly format?: ImportFormatName; readonly encoding?: string } = {},
  ): Promise<readonly unknown[]> => {
    const { format, encoding } = options;
    const opened = await openRecords('-', pieces(bytes, [1, 2, 3, 7]), { format, encoding, reading: {} });
    if (opened === undefined) return [];
    const parse = parserOf(opened.reading);
    const blocks: RecordBlock[] = [];
    for await (const block of opened.blocks) blocks.push(block);
    return recordsOf(blocks)
      .slice(opened.headerRecords)
      .filter((record) => !record.startsWith(REPEATED_HEADER))
      .map((record) => {
        const parsed = parse(record);
        return parsed.kind === 'click' ? parsed.value : `${parsed.kind}: ${parsed.reason}`;
      });
  };

  const csv = 'Short_Code;CITY;os\r\nlaunch;"Zürich; ZH"\r\n;"";\r\n007;;;;\r\n';
  const rows = [
    { short_code: 'launch', city: 'Zürich; ZH' },
    'skipped: row of empty cells',
    { short_code: '007' },
  ];

  const utf16 = (text: string, isBigEndian: boolean): Buffer => {
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
    return isBigEndian ? bytes.swap16() : bytes;
  };

  test('of blank lines has none, and more of them than are looked at are refused', async () => {
    expect(await clicksOf(Buffer.from('\n \n'.repeat(100_000)))).toEqual([]);
    const most = 2 ** 21;
    const opened = openRecords('-', pieces(Buffer.from(`${'\n'.repeat(most)}${csv}`), [most]), {
      format: undefined,
      encoding: undefined,
      reading: {},
    });
    await expect(opened).rejects.toThrow(/2 MiB of blank lines/);
  });

  test.each([
    ['as it is', Buffer.from(csv), undefined],
    ['with a byte order mark', Buffer.from(`\uFEFF${csv}`), undefined],
    ['in UTF-16LE with one', utf16(csv, false), undefined],
    ['in UTF-16BE with one', utf16(csv, true), undefined],
    ['with a sep= line', Buffer.from(`sep=;\r\n${csv}`), undefined],
    ['with another sep= line', Buffer.from(`"sep=|"\r\n${csv.replaceAll(/;(?! )/g, '|')}`), undefined],
    ['with a sep= line that is wrong', Buffer.from(`sep=,\r\n${csv}`), undefined],
    ['with tabs', Buffer.from(csv.replaceAll(/;(?! )/g, '\t')), undefined],
    ['behind blank lines', Buffer.from(`\n \r\n\n${csv}`), undefined],
    [
      'behind 200 KB of them, and a sep= line',
      Buffer.from(`${'\r\n'.repeat(100_000)}sep=;\r\n${csv}`),
      undefined,
    ],
    ['with line ends of CR alone', Buffer.from(csv.replaceAll('\r\n', '\r')), undefined],
    ['in windows-1252', Buffer.from(csv, 'latin1'), 'windows-1252'],
    ['packed', gzipSync(csv), undefined],
  ])('of a spreadsheet, %s', async (_, bytes, encoding) => {
    expect(await clicksOf(bytes, encoding === undefined ? {} : { encoding })).toEqual(rows);
  });

  const joinedCsv = [
    'short_code,city\na,b\n',
    '\uFEFFshort_code,city\r\nc,d\r\n',
    'sep=,\nshort_code,city\n"e","f"\n',
    '"sep=,"\r\nshort_code,city\r\nx,y,z\n',
  ];

  test('of CSV that was joined has the rows of all, whose lines are numbered with the headers', async () => {
    const files = fc.array(fc.constantFrom(...joinedCsv, '"open\n', 'sep=,\n'), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(files, cuts, async (others, places) => {
        const text = ['short_code,city\n', ...others].join('');
        const opened = await openRecords('-', pieces(Buffer.from(text), places), {
          format: 'csv',
          encoding: undefined,
          reading: {},
        });
        const blocks: RecordBlock[] = [];
        for await (const block of opened?.blocks ?? []) blocks.push(block);
        const report = new ReportBuilder();
        const reading = { format: 'csv', columns: ['short_code', 'city'] } as const;
        const found = [
          ...clicksOfBatch(
            { reading, firstLine: 1, pieces: blocks.map(({ bytes }) => bytes) },
            report,
            () => {},
          ),
        ];
        // Each line by itself, since no quotes are open over a line break that fits.
        const lines = text
          .replaceAll(/\r|\uFEFF/g, '')
          .split('\n')
          .slice(0, -1);
        const isHeader = (line = ''): boolean => line === 'short_code,city';
        const rows = lines
          .map((line, place) => ({ line, index: place + 1, next: lines[place + 1] }))
          .filter(({ line, next }) => !isHeader(line) && !(/^"?sep=,"?$/.test(line) && isHeader(next)));
        const codes = rows.filter(({ line }) => line !== '"open' && line !== 'x,y,z');
        expect(found.flatMap((step) => (step === undefined ? [] : [step.index]))).toEqual(
          codes.map(({ index }) => index),
        );
        expect(report.build()).toMatchObject({ read: rows.length });
      }),
      { numRuns: 80 },
    );
  });

  test('of CSV that was joined without a line end between has the last row too', async () => {
    const file = 'short_code,city,os\nx,Rome,Linux\ny,"a ""b""",';
    const rows = [
      { short_code: 'x', city: 'Rome', os: 'Linux' },
      { short_code: 'y', city: 'a "b"' },
    ];
    expect(await clicksOf(Buffer.from(file + file + file))).toEqual([...rows, ...rows, ...rows]);
    expect(await clicksOf(Buffer.from(`${file}\nyshort_code,city,os\n`))).toEqual([
      ...rows,
      { short_code: 'yshort_code', city: 'city', os: 'os' },
    ]);
  });

  test('with a header over several lines may have it again, and another header stays a row', async () => {
    const header = '"short_code","a\nb"\n';
    const other = '"short_code","b"\n';
    const text = `${header}x,1\n${header}${other}y,2\n`;
    expect(await clicksOf(Buffer.from(text))).toMatchObject([
      { short_code: 'x' },
      { short_code: 'short_code' },
      { short_code: 'y' },
    ]);
  });

  test.each([
    '192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /a HTTP/1.1" 302 0 "-" "x"\n',
    '{"short_code":"a","ip":"192.0.2.1"}\n',
    '[{"short_code":"a",\n"ip":"192.0.2.1"}]\n',
    'short_code,ip\na,192.0.2.1\n',
  ])('of lines with NUL bytes or byte order marks in front is the same without them: %j', async (text) => {
    const expected = await clicksOf(Buffer.from(text.repeat(2)));
    expect(expected[0]).toMatchObject({ short_code: 'a', ip: '192.0.2.1' });
    for (const count of [1, 2, 70_000]) {
      for (const mark of ['\0', '\uFEFF', '\0\uFEFF']) {
        const marks = mark.repeat(count);
        const filled = text.repeat(2).replaceAll(/^(?=.)/gm, marks);
        expect(await clicksOf(Buffer.from(filled + marks))).toEqual(expected);
      }
    }
  });

  test('of a JSON array is the same wherever it is cut', async () => {
    const values = fc.array(
      fc.record({ short_code: fc.string({ unit: 'grapheme' }), note: fc.jsonValue() }),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(values, fc.nat({ max: 2 }), fc.boolean(), async (clicks, indent, isArray) => {
        const objects = clicks.map((click) => JSON.stringify(click, undefined, indent));
        const text = isArray ? JSON.stringify(clicks, undefined, indent) : objects.join('\n');
        const expected: unknown = JSON.parse(JSON.stringify(clicks));
        expect(await clicksOf(Buffer.from(text))).toEqual(expected);
      }),
    );
  });

  test('of JSON lines has the elements of arrays behind them too, and a broken line costs no other', async () => {
    const code = fc.string({ unit: fc.constantFrom('a', '[', ']', '{', '"', ',', '\\') });
    const clicks = fc.array(fc.record({ short_code: code }), { minLength: 1, maxLength: 3 });
    const joined = fc.record({
      first: clicks,
      files: fc.array(clicks, { maxLength: 3 }),
      indent: fc.nat({ max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(joined, async ({ first, files, indent }) => {
        const lines = first.map((click) => `${JSON.stringify(click)}\n`).join('');
        const arrays = files.map((file) => `${JSON.stringify(file, undefined, indent)}\n`).join('');
        const expected = [first, ...files, first].flat();
        expect(await clicksOf(Buffer.from(lines + arrays + lines))).toEqual(expected);
      }),
    );
    const broken = '{"short_code":"a"}\n[x] {"short_code":"b"}\n[\n{"short_code":"c"}]\n';
    expect(await clicksOf(Buffer.from(broken))).toEqual([
      { short_code: 'a' },
      'rejected: not a JSON object',
      { short_code: 'c' },
    ]);
  });

  test('of JSON that was joined from several has the elements of all', async () => {
    const code = fc.string({ unit: fc.constantFrom('a', '[', ']', '{', '}', '"', ',', '\\') });
    const clicks = fc.array(fc.record({ short_code: code }), { maxLength: 3 });
    const joined = fc.record({
      files: fc.array(clicks, { minLength: 1, maxLength: 4 }),
      indent: fc.nat({ max: 2 }),
      between: fc.constantFrom('', '\n', '\r\n\r\n'),
    });
    await fc.assert(
      fc.asyncProperty(joined, async ({ files, indent, between }) => {
        const text = files.map((file) => JSON.stringify(file, undefined, indent)).join(between);
        expect(await clicksOf(Buffer.from(text), { format: 'json' })).toEqual(files.flat());
      }),
    );
    expect(
      await clicksOf(Buffer.from('{\n"short_code":"a"}[{"short_code":"b"}]]\n[{"short_code":"c"}]')),
    ).toEqual([{ short_code: 'a' }, { short_code: 'b' }, 'rejected: not a JSON object', { short_code: 'c' }]);
  });

  test.each([
    ['spoo-me', { meta: { short_code: 'a' }, clicked_at: '2026-01-24T10:05:03Z' }],
    ['shlink', { referer: '', date: '2026-01-24T10:05:03Z', userAgent: 'x', visitedUrl: 'https://s.test/a' }],
  ])('of arrays that were joined has the elements of all: %s', async (_, element) => {
    for (const between of ['', '\n']) {
      const text = [[element, element], [element]].map((file) => JSON.stringify(file)).join(between);
      const clicks = await clicksOf(Buffer.from(text));
      expect(clicks).toHaveLength(3);
      for (const click of clicks) expect(click).toMatchObject({ short_code: 'a' });
    }
  });

  test('of which a row is not UTF-8: that row alone is rejected', async () => {
    const bytes = Buffer.from('short_code,city\na,Z\xFCrich\nb,\xC3\xBC\n\xF0\x9F,x\n', 'latin1');
    expect(await clicksOf(bytes)).toEqual([
      expect.stringMatching(/^rejected: not UTF-8/),
      { short_code: 'b', city: 'ü' },
      expect.stringMatching(/^rejected: not UTF-8/),
    ]);
  });

  test.each([
    '192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /caf\xE9 HTTP/1.1" 302 0 "-" "\xFF"\n',
    '{"remote_addr":"192.0.2.1","request":"GET /caf\xE9 HTTP/1.1","status":"302"}\n',
  ])('of a log with raw bytes has their codes in percent form: %j', async (line) => {
    expect(await clicksOf(Buffer.from(line, 'latin1'))).toMatchObject([{ short_code: 'caf%E9' }]);
  });

  const installed = ['bzip2', 'xz', 'zstd'].filter(
    (program) => spawnSync(program, ['-V']).error === undefined,
  );
  test.each(['gzip', ...installed])('packed with %s is unpacked', async (program) => {
    const packed = spawnSync(program, ['-c'], { input: csv }).stdout;
    expect(await clicksOf(packed)).toEqual(rows);
    await expect(clicksOf(packed.subarray(0, -8))).rejects.toThrow(`The ${program} data is damaged`);
  });

  test.each(['', '\n \n', '\uFEFF'])('without lines has no format: %j', async (text) => {
    expect(await clicksOf(Buffer.from(text))).toEqual([]);
  });

  test('in no format is an error that shows its first line', async () => {
    await expect(clicksOf(Buffer.from('what is this\n'))).rejects.toThrow('"what is this"');
  });

  test('of a log whose columns change is an error, and one that names them again is not', async () => {
    const columns = '#Fields: date time c-ip cs-method cs-uri-stem sc-status\n';
    const lines = '2026-01-24 10:05:03 203.0.113.7 GET /launch 302\n'.repeat(2);
    const clicks = await clicksOf(Buffer.from(columns + lines + columns + lines));
    expect(clicks.filter((click) => typeof click === 'object')).toHaveLength(4);
    const other = columns.replace('c-ip', 's-ip');
    await expect(clicksOf(Buffer.from(columns + lines + other + lines))).rejects.toThrow(
      'split the file there',
    );
    await expect(clicksOf(Buffer.from(lines), { format: 'w3c' })).rejects.toThrow('names the columns');
  });

  test.each<readonly [ImportFormatName, string, string]>([
    ['yourls', "INSERT INTO yourls_log VALUES (1,'2026-01-24','a','','','','');", 'a'],
    ['shlink', 'Referer,Date,Country,City,Short URL\n,2026-01-24,,,https://s.test/a\n', 'a'],
  ])('of another service has a format’s name in each of its formats: %s', async (format, text, code) => {
    expect(await clicksOf(Buffer.from(text), { format })).toMatchObject([{ short_code: code }]);
  });

  test('that names a column twice is an error, unless nothing is read from it', async () => {
    const openOf = (text: string) => clicksOf(Buffer.from(text));
    await expect(openOf('short_code,id,Short_Code\na,1,b\n')).rejects.toThrow('names short_code twice');
    await expect(openOf('short_code,property.a,Property.a\na,1,b\n')).rejects.toThrow(
      'names property.a twice',
    );
    await expect(openOf('short_code;CITY; city\na;1;b\n')).rejects.toThrow('names city twice');
    await expect(openOf('click_time,shorturl,Shorturl\n2026-01-24,a,b\n')).rejects.toThrow('shorturl twice');
    expect(await openOf('short_code,id,id,,\na,1,1,,\n')).toMatchObject([{ short_code: 'a' }]);
  });

  test('without a column short_code is one that names it', async () => {
    await expect(clicksOf(Buffer.from('a,b\n'), { format: 'csv' })).rejects.toThrow('short_code');
  });
});

test('what is pending is taken from the front, each time from the line that comes next', async () => {
  const rows = fc.array(fc.constantFrom('a', 'b,c', '"d\ne"', '"f\n\n"'), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      rows,
      cuts,
      fc.array(fc.integer({ min: 1, max: 5 })),
      async (records, places, counts) => {
        const pending = new PendingRecords();
        for (const block of await blocksOf(Buffer.from(`${records.join('\n')}\n`), places, true))
          pending.add(block);
        expect(pending.count).toBe(records.length);
        let taken = 0;
        for (const wanted of counts) {
          const count = Math.min(wanted, records.length - taken);
          const before = records.slice(0, taken).map((record) => `${record}\n`);
          expect(pending.firstLine).toBe(before.join('').split('\n').length);
          const text = records.slice(taken, taken + count).map((record) => `${record}\n`);
          expect(Buffer.concat(pending.take(count)).toString('utf8')).toBe(text.join(''));
          taken += count;
          expect(pending.count).toBe(records.length - taken);
        }
      },
    ),
    { numRuns: 80 },
  );
});
