import { createHmac, timingSafeEqual } from 'node:crypto';

const SIGNATURE_BYTES = 16;

/**
 * Texts that clients are given and bring back, which only Spoor can write. All instances on one database sign alike. They are not
 * secret: whoever has one can read it.
 */
export class SignedTexts {
  readonly #key: Buffer;

  /** @param secret of the installation */
  constructor(secret: string) {
    this.#key = createHmac('sha256', secret).update('texts that clients bring back').digest();
  }

  /** @param purpose what the text is for, and whom: it is good for nothing else */
  sign(text: string, ...purpose: readonly string[]): string {
    return Buffer.concat([this.#signature(text, purpose), Buffer.from(text)]).toString('base64url');
  }

  /** The text; undefined where it was not signed for that purpose. */
  read(signed: string, ...purpose: readonly string[]): string | undefined {
    const bytes = Buffer.from(signed, 'base64url');
    // Of several spellings only one is ours.
    if (bytes.length <= SIGNATURE_BYTES || bytes.toString('base64url') !== signed) return undefined;
    const text = bytes.subarray(SIGNATURE_BYTES).toString();
    const isOurs = timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), this.#signature(text, purpose));
    return isOurs ? text : undefined;
  }

  #signature(text: string, purpose: readonly string[]): Buffer {
    const signed = JSON.stringify([...purpose, text]);
    return createHmac('sha256', this.#key).update(signed).digest().subarray(0, SIGNATURE_BYTES);
  }
}
