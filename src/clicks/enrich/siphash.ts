const ROUNDS_A_WORD = 2;
const LAST_ROUNDS = 4;

/** Bytes that `sipHash24` writes after a message, at most. */
export const SIPHASH_PADDING = 8;

const result = new DataView(new ArrayBuffer(8));

/**
 * SipHash-2-4 of the first `length` bytes of `bytes`: 64 bits, unsigned. It works in 32-bit halves (`h` is the high one),
 * since JavaScript has no larger whole numbers that are fast; the package of that name takes several times as long.
 * @param key 16 bytes
 * @param bytes must have room for the padding after the message, which is written there
 */
export function sipHash24(key: DataView, bytes: DataView, length: number): bigint {
  const end = pad(bytes, length);
  let v0 = key.getInt32(0, true) ^ 0x70736575;
  let v0h = key.getInt32(4, true) ^ 0x736f6d65;
  let v1 = key.getInt32(8, true) ^ 0x6e646f6d;
  let v1h = key.getInt32(12, true) ^ 0x646f7261;
  let v2 = key.getInt32(0, true) ^ 0x6e657261;
  let v2h = key.getInt32(4, true) ^ 0x6c796765;
  let v3 = key.getInt32(8, true) ^ 0x79746573;
  let v3h = key.getInt32(12, true) ^ 0x74656462;
  // The last rounds are those of a word of zeros.
  for (let place = 0; place <= end; place += 8) {
    const isLast = place === end;
    const word = isLast ? 0 : bytes.getInt32(place, true);
    const wordh = isLast ? 0 : bytes.getInt32(place + 4, true);
    v3 ^= word;
    v3h ^= wordh;
    if (isLast) v2 ^= 0xff;
    for (let round = isLast ? LAST_ROUNDS : ROUNDS_A_WORD; round > 0; round--) {
      const v0First = (v0 + v1) | 0;
      v0h = (v0h + v1h + carry(v0First, v0, v1)) | 0;
      v0 = v0First;
      const v2First = (v2 + v3) | 0;
      v2h = (v2h + v3h + carry(v2First, v2, v3)) | 0;
      v2 = v2First;
      const v1Before = v1;
      v1 = ((v1 << 13) | (v1h >>> 19)) ^ v0;
      v1h = ((v1h << 13) | (v1Before >>> 19)) ^ v0h;
      const v3Before = v3;
      v3 = ((v3 << 16) | (v3h >>> 16)) ^ v2;
      v3h = ((v3h << 16) | (v3Before >>> 16)) ^ v2h;
      // Here the halves of v0 change places; those of v2 do at the end of the round.
      const v2Sum = (v2 + v1) | 0;
      const v2hSum = (v2h + v1h + carry(v2Sum, v2, v1)) | 0;
      const v0Sum = (v0h + v3) | 0;
      const v0hSum = (v0 + v3h + carry(v0Sum, v0h, v3)) | 0;
      const v1Middle = v1;
      v1 = ((v1 << 17) | (v1h >>> 15)) ^ v2Sum;
      v1h = ((v1h << 17) | (v1Middle >>> 15)) ^ v2hSum;
      const v3Middle = v3;
      v3 = ((v3 << 21) | (v3h >>> 11)) ^ v0Sum;
      v3h = ((v3h << 21) | (v3Middle >>> 11)) ^ v0hSum;
      v0 = v0Sum;
      v0h = v0hSum;
      v2 = v2hSum;
      v2h = v2Sum;
    }
    v0 ^= word;
    v0h ^= wordh;
  }
  result.setInt32(0, v0h ^ v1h ^ v2h ^ v3h);
  result.setInt32(4, v0 ^ v1 ^ v2 ^ v3);
  return result.getBigUint64(0);
}

/** Fills the last word up: zeros, and the message's length in its last byte. */
function pad(bytes: DataView, length: number): number {
  const end = length - (length % 8) + 8;
  for (let place = length; place < end; place++) bytes.setUint8(place, 0);
  bytes.setUint8(end - 1, length);
  return end;
}

/** 1 when a sum of two words is too large for one: their highest bits and what became of them tell, without a branch. */
function carry(sum: number, a: number, b: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}
