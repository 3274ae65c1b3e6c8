import { createHash } from 'node:crypto';
import { memoised } from '../../lib/text-memo.ts';
import { SIPHASH_PADDING, sipHash24 } from './siphash.ts';

/** What identifies a visitor. Absent and empty are the same. */
export interface VisitorTraits {
  readonly ip: string | undefined;
  readonly user_agent: string | undefined;
  /** Counts in place of the other two. */
  readonly visitor_id: string | undefined;
}

export type HashVisitor = (traits: VisitorTraits) => bigint;

/** Enough for any click: an address and 2,048 characters of at most three bytes each, a pair being two. */
const MESSAGE_BYTES = 8_192;

/** UTF-8 takes at most so many bytes for one of JavaScript's characters. */
const BYTES_PER_CHARACTER = 3;

/**
 * Makes the visitor hash of a secret: SipHash-2-4 (64 bits, unsigned) of the visitor's id, or of the address and the user
 * agent, keyed with the first 16 bytes of the secret's SHA-256. Without the secret it tells nothing about them.
 */
export function visitorHasher(secret: string): HashVisitor {
  const key = viewOf(createHash('sha256').update(secret).digest());
  const bytesOf = memoised((text) => Buffer.from(text), { areOwn: true });
  let bytes = Buffer.alloc(MESSAGE_BYTES);
  let view = viewOf(bytes);
  return ({ ip = '', user_agent: userAgent = '', visitor_id: id = '' }) => {
    // The length in front keeps apart pairs that would run together to the same text; ids have a letter there.
    const start = id === '' ? `${ip.length}:` : 'id:';
    const middle = id === '' ? ip : '';
    const end = id === '' ? bytesOf(userAgent) : Buffer.from(id);
    const room = start.length + middle.length * BYTES_PER_CHARACTER + end.length + SIPHASH_PADDING;
    if (room > bytes.length) {
      bytes = Buffer.alloc(room);
      view = viewOf(bytes);
    }
    const at = putText(bytes, putText(bytes, 0, start), middle);
    bytes.set(end, at);
    return sipHash24(key, view, at + end.length);
  };
}

/** Addresses are ASCII: a loop takes less time for them than a call out of JavaScript. @returns the position after the text */
function putText(bytes: Buffer, at: number, text: string): number {
  for (let place = 0; place < text.length; place++) {
    const unit = text.charCodeAt(place);
    if (unit > 0x7f) return at + bytes.write(text, at);
    bytes[at + place] = unit;
  }
  return at + text.length;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
