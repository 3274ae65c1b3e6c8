import { memoised } from '../../lib/text-memo.ts';
import { type Sql, sql } from '../../sql/sql.ts';
import { SIPHASH_PADDING, sipHash24 } from '../enrich/siphash.ts';
import type { ClickRow } from '../click-schema.ts';

/** What makes two clicks the same. */
export type ClickIdentity = Pick<ClickRow, 'visitor' | 'clicked_at' | 'short_code' | 'click_id' | 'referrer'>;

/**
 * 64 bits of all that makes two clicks the same: a sum, so that the hash of a text that many clicks share is worked out once, by
 * ClickHouse too. The factors keep equal texts of two fields apart. `putClickKey` is the same.
 */
export const CLICK_KEY: Sql = sql`sipHash64(short_code) * 3 + sipHash64(referrer) * 5 + sipHash64(click_id) * 7
  + visitor + toUInt64(toUnixTimestamp64Milli(clicked_at))`;

/** As ClickHouse's `sipHash64` of one text. */
const ZERO_KEY = new DataView(new ArrayBuffer(16));

const BYTES_PER_CHARACTER = 3;

const half = new DataView(new ArrayBuffer(8));

/** A hash of 64 bits, in halves. */
interface TextHash {
  readonly low: number;
  readonly high: number;
}

function multipliedHash(factor: bigint, areOwn: boolean): (text: string) => TextHash {
  const hash = (text: string): TextHash => {
    const bytes = Buffer.alloc(text.length * BYTES_PER_CHARACTER + SIPHASH_PADDING);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    half.setBigUint64(0, BigInt.asUintN(64, sipHash24(ZERO_KEY, view, bytes.write(text)) * factor));
    return { low: half.getUint32(4), high: half.getUint32(0) };
  };
  return memoised(hash, { areOwn });
}

const hashOfCode = multipliedHash(3n, true);
// A stored referrer can be a piece of the one that was sent.
const hashOfReferrer = multipliedHash(5n, false);
const hashOfId = multipliedHash(7n, false);
const NO_ID = hashOfId('');

const WORD = 2 ** 32;

/** Writes the key of a click, low half first, behind `place` others. */
export function putClickKey(keys: Uint32Array, place: number, click: ClickIdentity): void {
  const code = hashOfCode(click.short_code);
  const referrer = hashOfReferrer(click.referrer);
  const id = click.click_id === '' ? NO_ID : hashOfId(click.click_id);
  const { clicked_at: time } = click;
  half.setBigUint64(0, click.visitor);
  const low = code.low + referrer.low + id.low + half.getUint32(4) + (time % WORD);
  const carried = Math.floor(low / WORD) + Math.floor(time / WORD);
  // What is beyond a word is cut off.
  keys[2 * place] = low;
  keys[2 * place + 1] = code.high + referrer.high + id.high + half.getUint32(0) + carried;
}
