import { createHmac, timingSafeEqual } from 'node:crypto';

/** The signed parts of a file's address. Anyone who has it may fetch the file until it expires. */
export interface FileAddress {
  readonly jobId: string;
  /** The key that it was made with. */
  readonly keyId: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Makes and checks addresses of files that need no key, because they are signed. */
export class FileAddresses {
  readonly #secret: Buffer;
  readonly #hashOfFixed: (keyId: string) => string | undefined;

  /**
   * @param secret any secret of the service; the key that signs is derived from it
   * @param hashOfFixed the hash of a key that is no stored one, by its id: such a key is revoked by being replaced
   */
  constructor(secret: string, hashOfFixed: (keyId: string) => string | undefined) {
    this.#secret = createHmac('sha256', secret).update('addresses of export files').digest();
    this.#hashOfFixed = hashOfFixed;
  }

  sign(address: FileAddress): string {
    return this.#mac(address).toString('base64url');
  }

  /** Whether it was signed here, so that what it says is true. Compares in constant time. */
  isSigned(address: FileAddress, signature: string): boolean {
    // Compared as text: Node decodes several spellings to the same bytes.
    const [given, own] = [Buffer.from(signature), Buffer.from(this.sign(address))];
    return given.length === own.length && timingSafeEqual(given, own);
  }

  #mac({ jobId, keyId, expiresAt }: FileAddress): Buffer {
    const said = [jobId, keyId, expiresAt, this.#hashOfFixed(keyId) ?? ''];
    return createHmac('sha256', this.#secret).update(JSON.stringify(said)).digest();
  }
}
