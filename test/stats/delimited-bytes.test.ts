import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { DelimitedBytes } from '../../src/stats/result/delimited-bytes.ts';

/** Without U+0000, which opens delimiters and which no stored text contains. */
const content = fc.oneof(
  fc.constantFrom('', '\n', '\n\n', 'é😀', 'row\n', '😀'.repeat(50)),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
);
const delimiter = content.map((text) => text.replaceAll('\n', ''));
const sections = fc.array(fc.record({ delimiter, content }), { minLength: 1, maxLength: 8 });
const places = fc.array(fc.nat(2_000), { maxLength: 30 });

type Section = { readonly delimiter: string; readonly content: string };

function bytesOf(all: readonly Section[]): Buffer {
  return Buffer.from(all.map((one) => `\0${one.delimiter}\n${one.content}`).join(''));
}

/** The bytes in pieces, cut at places that may lie inside a character or follow each other at once. */
async function* cutAt(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const within = cuts.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  let from = 0;
  for (const place of [...within, bytes.length]) {
    yield bytes.subarray(from, place);
    from = place;
  }
}

async function textOf(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString('utf8');
}

async function readAll(source: DelimitedBytes, count: number): Promise<readonly Section[]> {
  const read: Section[] = [];
  while (read.length < count) {
    read.push({ delimiter: await source.delimiter(), content: await textOf(source.section()) });
  }
  return read;
}

describe('bytes in sections', () => {
  test('are read back wherever they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(sections, places, async (all, cuts) => {
        const source = new DelimitedBytes(cutAt(bytesOf(all), cuts));
        expect(await readAll(source, all.length)).toEqual(all);
        await expect(source.delimiter()).rejects.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  test('byte by byte too', async () => {
    const all = [
      { delimiter: '[1,2]', content: '' },
      { delimiter: '0 3', content: '😀\né\n' },
      { delimiter: 'end', content: '' },
    ];
    const bytes = bytesOf(all);
    const cuts = [...bytes.keys()];
    expect(await readAll(new DelimitedBytes(cutAt(bytes, cuts)), all.length)).toEqual(all);
  });

  test('that end before their last delimiter are an error, never a whole result', async () => {
    const all = [
      { delimiter: 'first', content: 'some rows' },
      { delimiter: 'end', content: '' },
    ];
    const whole = bytesOf(all);
    for (let length = 0; length < whole.length; length++) {
      const source = new DelimitedBytes(cutAt(whole.subarray(0, length), []));
      await expect(readAll(source, all.length)).rejects.toThrow();
    }
  });

  test('that are something else, such as a message of an error, are an error', async () => {
    const other = Buffer.from('Code: 241. DB::Exception: Memory limit exceeded\n');
    await expect(new DelimitedBytes(cutAt(other, [])).delimiter()).rejects.toThrow();
  });

  test('a failure of the source is passed on', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('\0first\nrows');
      throw new Error('The connection broke.');
    }
    const source = new DelimitedBytes(failing());
    await source.delimiter();
    await expect(textOf(source.section())).rejects.toThrow('The connection broke.');
  });
});
