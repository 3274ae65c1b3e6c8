import { createHash } from 'node:crypto';
import siphash from 'siphash';

/** Hashes what tells one visitor from another; absent and empty are the same. */
export type HashVisitor = (ip: string | undefined, userAgent: string | undefined) => bigint;

/**
 * Makes the visitor hash of a secret: SipHash-2-4 (64 bits, unsigned) of the address and the user agent, keyed
 * with the first 16 bytes of the secret's SHA-256. Without the secret it tells nothing about the address.
 */
export function visitorHasher(secret: string): HashVisitor {
  const key = visitorKey(secret);
  return (ip = '', userAgent = '') => {
    // The length in front keeps apart pairs that would run together to the same text.
    const { h: high, l: low } = siphash.hash(key, Buffer.from(`${ip.length}:${ip}${userAgent}`));
    return (BigInt(high) << 32n) | BigInt(low);
  };
}

function visitorKey(secret: string): Uint32Array {
  const digest = createHash('sha256').update(secret).digest();
  return Uint32Array.of(
    digest.readUInt32LE(0),
    digest.readUInt32LE(4),
    digest.readUInt32LE(8),
    digest.readUInt32LE(12),
  );
}
