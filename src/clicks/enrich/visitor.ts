import { createHash } from 'node:crypto';
import { SIPHASH_PADDING, sipHash24 } from './siphash.ts';

/** What tells one visitor from another. Absent and empty are the same. */
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
  let bytes = Buffer.alloc(MESSAGE_BYTES);
  let view = viewOf(bytes);
  return (traits) => {
    const text = messageOf(traits);
    const room = text.length * BYTES_PER_CHARACTER + SIPHASH_PADDING;
    if (room > bytes.length) {
      bytes = Buffer.alloc(room);
      view = viewOf(bytes);
    }
    return sipHash24(key, view, bytes.write(text));
  };
}

function messageOf({ ip = '', user_agent: userAgent = '', visitor_id: id = '' }: VisitorTraits): string {
  // A letter in front, where pairs have a digit.
  if (id !== '') return `id:${id}`;
  // The length in front keeps apart pairs that would run together to the same text.
  return `${ip.length}:${ip}${userAgent}`;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
