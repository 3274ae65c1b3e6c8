import { REPEATED_HEADER } from './lines.ts';
import { separatorLineLength } from './recognise.ts';
import type { RecordBlock } from './record-blocks.ts';

/**
 * Marks the header where it comes again, since files may have been joined, and a line before it that tells what
 * separates cells. Marked records are cut as they were. A row of a file without a last line end, which the header of the next
 * one was joined to, becomes a record of its own; lines after it have a number more than in the file.
 * @param header the text of the file's first record
 * @param delimiter what separates its cells
 */
export async function* withMarkedHeaders(
  blocks: AsyncIterable<RecordBlock>,
  header: string,
  delimiter = ',',
): AsyncGenerator<RecordBlock> {
  const line = Buffer.from(`${header}\n`);
  // Behind a delimiter quotes open as at the beginning of a line.
  const mark = Buffer.from(REPEATED_HEADER + delimiter);
  // A header at the beginning of a block may have such a line at the end of the one before.
  let before: RecordBlock | undefined;
  for await (const joined of blocks) {
    if (joined.ends.length === 0) continue;
    const block = withCutRows(joined, line, delimiter);
    const headers = headersIn(block, line);
    if (before !== undefined)
      yield marked(before, headers[0] === 0 ? separatorsIn(before, [before.ends.length]) : [], mark);
    before = marked(block, [...headers, ...separatorsIn(block, headers)], mark);
  }
  if (before !== undefined) yield before;
}

/** Cuts the header off rows that it was joined to: only where cells stand before it, since no row has more than it. */
function withCutRows(block: RecordBlock, line: Buffer, delimiter: string): RecordBlock {
  if (!line.includes(delimiter) || !block.bytes.includes(line)) return block;
  const pieces: Buffer[] = [];
  const lengths: number[] = [];
  for (const place of block.ends.keys()) {
    const record = recordAt(block, place);
    const row = record.subarray(0, Math.max(0, record.length - line.length));
    const isJoined = row.includes(delimiter) && record.subarray(row.length).equals(line);
    pieces.push(...(isJoined ? [row, LINE_END, line] : [record]));
    lengths.push(...(isJoined ? [row.length + LINE_END.length, line.length] : [record.length]));
  }
  let end = 0;
  return { ...block, bytes: Buffer.concat(pieces), ends: lengths.map((length) => (end += length)) };
}

const LINE_END = Buffer.from('\n');

/** The places of records that are the header. */
function headersIn(block: RecordBlock, line: Buffer): readonly number[] {
  if (!block.bytes.includes(line)) return [];
  return [...block.ends.keys()].filter((place) => recordAt(block, place).equals(line));
}

/** The places before these whose records tell what separates cells. */
function separatorsIn(block: RecordBlock, places: readonly number[]): readonly number[] {
  return places
    .map((place) => place - 1)
    .filter((place) => {
      const text = recordAt(block, place).toString('utf8');
      return text !== '' && separatorLineLength(text) === text.length;
    });
}

/** With its line feed; empty where there is none. */
function recordAt({ bytes, ends }: RecordBlock, place: number): Buffer {
  return bytes.subarray(ends[place - 1] ?? 0, ends[place] ?? 0);
}

function marked(block: RecordBlock, places: readonly number[], mark: Buffer): RecordBlock {
  if (places.length === 0) return block;
  const isMarked = new Set(places);
  const pieces: Buffer[] = [];
  let [start, added] = [0, 0];
  const ends = block.ends.map((end, place) => {
    if (isMarked.has(place)) {
      pieces.push(mark);
      added += mark.length;
    }
    pieces.push(block.bytes.subarray(start, end));
    start = end;
    return end + added;
  });
  return { ...block, bytes: Buffer.concat(pieces), ends };
}
