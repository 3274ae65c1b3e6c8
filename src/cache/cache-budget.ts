import { ByteLru } from './byte-lru.ts';
import { OwnerLru } from './owner-lru.ts';

/** The share of each cache in all bytes. A client that fills one takes nothing from the others. */
const SHARES = {
  /** Stats responses as they are sent. */
  responses: 34 / 64,
  /** Stats requests by query string. */
  parsed_requests: 3 / 64,
  /** How often the visitors of a query return. */
  visitor_counts: 1 / 64,
  /** URLs by short code. */
  urls: 8 / 64,
  /** User agents and what they were parsed to. */
  user_agents: 2 / 64,
  /** Addresses and their places. */
  places: 3 / 64,
  /** API keys by their hash. */
  keys: 2 / 64,
  /** Hashes of what was sent as a key and is none. */
  wrong_keys: 1 / 64,
} as const;

/** User agents and places that threads cache. */
const THREADS_SHARE = 10 / 64;

export type CacheName = keyof typeof SHARES;

const NAMES = Object.keys(SHARES) as readonly CacheName[];

/** Divides one number of bytes among the caches of a process. */
export class CacheBudget {
  readonly #bytes: number;
  readonly #opened = new Map<CacheName, { readonly bytes: number }>();

  /** @param bytes for all caches together; 0: nothing is cached */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** A cache within its share. @throws Error when it is open already: its bytes would count twice */
  open<Value extends object | string | number>(name: CacheName): ByteLru<Value> {
    return this.#add(name, new ByteLru<Value>(this.#bytes * SHARES[name]));
  }

  /** The same, for a cache whose values have owners. */
  openByOwner<Value>(name: CacheName): OwnerLru<Value> {
    return this.#add(name, new OwnerLru<Value>(this.#bytes * SHARES[name]));
  }

  #add<Cache extends { readonly bytes: number }>(name: CacheName, cache: Cache): Cache {
    if (this.#opened.has(name)) throw new Error(`The cache ${name} is open already.`);
    this.#opened.set(name, cache);
    return cache;
  }

  /** For the caches that threads have beside those of the process. */
  get bytesOfThreads(): number {
    return this.#bytes * THREADS_SHARE;
  }

  /** Nothing is cached. */
  get isOff(): boolean {
    return this.#bytes === 0;
  }

  /** Bytes in use, by cache. */
  get bytes(): Readonly<Record<string, number>> {
    return Object.fromEntries(NAMES.map((name) => [name, this.#opened.get(name)?.bytes ?? 0]));
  }
}
