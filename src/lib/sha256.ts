import crypto, { createHash } from 'node:crypto';

/** Takes half as long as an object for each hash; Node has it from 20.12 on. */
const HASH: typeof crypto.hash | undefined = crypto.hash;

/** The SHA-256 of a text's UTF-8, as 64 hexadecimal digits. */
export function sha256(text: string): string {
  return HASH === undefined ? createHash('sha256').update(text).digest('hex') : HASH('sha256', text);
}
