import { LRUCache } from 'lru-cache';
import { ownCopy } from '../lib/own-copy.ts';

export type CacheKey = string | number;

/** Values by key within a number of bytes. When they exceed it, the least recently used ones are evicted. */
export class ByteLru<Value extends object | string | number> {
  /** undefined: nothing is cached. (lru-cache takes a size of 0 for none.) */
  readonly #entries: LRUCache<CacheKey, Value> | undefined;

  /** @param dispose called with each value that is evicted, deleted or replaced */
  constructor(maxBytes: number, dispose?: (value: Value, key: CacheKey) => void) {
    const maxSize = Math.floor(maxBytes);
    if (maxSize > 0) this.#entries = new LRUCache({ maxSize, ...(dispose && { dispose }) });
  }

  /** Bytes in use, as given to `set`. */
  get bytes(): number {
    return this.#entries?.calculatedSize ?? 0;
  }

  get(key: CacheKey): Value | undefined {
    return this.#entries?.get(key);
  }

  /**
   * A value larger than the whole cache is not stored.
   * @param ttlMs how long it is returned; unless given, until it is evicted
   */
  set(key: CacheKey, value: Value, bytes: number, ttlMs = 0): void {
    // A key that is a piece of a longer text would keep all of that in memory.
    const ownKey = typeof key === 'string' ? ownCopy(key) : key;
    this.#entries?.set(ownKey, value, { size: bytes, ttl: ttlMs });
  }

  delete(key: CacheKey): void {
    this.#entries?.delete(key);
  }

  clear(): void {
    this.#entries?.clear();
  }
}
