import { REPEATED_HEADER } from './lines.ts';
import { separatorLineLength } from './recognise.ts';
import type { RecordBlock } from './record-blocks.ts';

/**
 * Marks the header where it comes again, since files may have been joined, and a line in front of it that tells what
 * separates cells. Marked records are cut as they were.
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
  for await (const block of blocks) {
    if (block.ends.length === 0) continue;
    const headers = headersIn(block, line);
    if (before !== undefined)
      yield marked(before, headers[0] === 0 ? separatorsIn(before, [before.ends.length]) : [], mark);
    before = marked(block, [...headers, ...separatorsIn(block, headers)], mark);
  }
  if (before !== undefined) yield before;
}

/** The places of records that are the header. */
function headersIn(block: RecordBlock, line: Buffer): readonly number[] {
  if (!block.bytes.includes(line)) return [];
  return [...block.ends.keys()].filter((place) => recordAt(block, place).equals(line));
}

/** The places in front of these whose records tell what separates cells. */
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
