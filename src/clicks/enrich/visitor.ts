import { createHash } from 'node:crypto';
import { SIPHASH_PADDING, sipHash24 } from './siphash.ts';

/** Hashes what tells one visitor from another; absent and empty are the same. */
export type HashVisitor = (ip: string | undefined, userAgent: string | undefined) => bigint;

/** Enough for any click: an address and 2,048 characters of at most three bytes each, a pair being two. */
const MESSAGE_BYTES = 8_192;

/** UTF-8 takes at most so many bytes for one of JavaScript's characters. */
const BYTES_PER_CHARACTER = 3;

/**
 * Makes the visitor hash of a secret: SipHash-2-4 (64 bits, unsigned) of the address and the user agent, keyed
 * with the first 16 bytes of the secret's SHA-256. Without the secret it tells nothing about the address.
 */
export function visitorHasher(secret: string): HashVisitor {
  const key = viewOf(createHash('sha256').update(secret).digest());
  let bytes = Buffer.alloc(MESSAGE_BYTES);
  let view = viewOf(bytes);
  return (ip = '', userAgent = '') => {
    // The length in front keeps apart pairs that would run together to the same text.
    const text = `${ip.length}:${ip}${userAgent}`;
    const room = text.length * BYTES_PER_CHARACTER + SIPHASH_PADDING;
    if (room > bytes.length) {
      bytes = Buffer.alloc(room);
      view = viewOf(bytes);
    }
    return sipHash24(key, view, bytes.write(text));
  };
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
