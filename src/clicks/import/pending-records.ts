import { LINE_BREAK, type RecordBlock } from './record-blocks.ts';

/** Records of a file that are read but do not make a batch yet. */
export class PendingRecords {
  /** Line number in the file, from 1, of the first record's first line. */
  firstLine = 1;
  /** How many of the last records may still change if the file grows. */
  growing = 0;
  /** How many there are. */
  count = 0;
  /** How many bytes they have. */
  bytes = 0;
  readonly #blocks: { readonly block: RecordBlock; readonly lines: number }[] = [];

  add(block: RecordBlock): void {
    this.#blocks.push({ block, lines: lineBreaksIn(block.bytes) });
    this.count += block.ends.length;
    this.bytes += block.bytes.length;
    this.growing = block.growing;
  }

  /** Removes the first `count` records. @returns their bytes, in pieces that hold whole records */
  take(count: number): readonly Buffer[] {
    const taken: Buffer[] = [];
    let left = count;
    for (let first = this.#blocks[0]; first !== undefined && left > 0; first = this.#blocks[0]) {
      const { block, lines } = first;
      const { bytes, ends } = block;
      if (ends.length <= left) {
        this.#blocks.shift();
        this.#took(taken, bytes, lines);
        left -= ends.length;
      } else {
        const end = ends[left - 1] ?? 0;
        const piece = bytes.subarray(0, end);
        const linesTaken = lineBreaksIn(piece);
        const rest = { ...block, bytes: bytes.subarray(end), ends: ends.slice(left).map((one) => one - end) };
        this.#blocks[0] = { block: rest, lines: lines - linesTaken };
        this.#took(taken, piece, linesTaken);
        left = 0;
      }
    }
    this.count -= count - left;
    return taken;
  }

  #took(taken: Buffer[], piece: Buffer, lines: number): void {
    if (piece.length > 0) taken.push(piece);
    this.bytes -= piece.length;
    this.firstLine += lines;
  }
}

function lineBreaksIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_BREAK); at !== -1; at = bytes.indexOf(LINE_BREAK, at + 1)) count++;
  return count;
}
