import { ByteLru } from './byte-lru.ts';

/** What each cache may take of all bytes. A stranger who fills one takes nothing from the others. */
const SHARES = {
  /** Statistics responses as they are sent. */
  responses: 34 / 64,
  /** Query strings and the questions they are. */
  questions: 3 / 64,
  /** How often the visitors of a question return. */
  visitors: 1 / 64,
  /** URLs by short code. */
  urls: 8 / 64,
  /** User agents and what they tell. */
  user_agents: 6 / 64,
  /** Addresses and their places. */
  places: 9 / 64,
  /** API keys by their hash. */
  keys: 2 / 64,
  /** Hashes of what was shown for a key and is none. */
  wrong_keys: 1 / 64,
} as const;

export type CacheName = keyof typeof SHARES;

const NAMES = Object.keys(SHARES) as readonly CacheName[];

/** Shares one number of bytes out among a process's caches. */
export class CacheBudget {
  readonly #bytes: number;
  readonly #opened = new Map<CacheName, { readonly bytes: number }>();

  /** @param bytes for all caches together; 0: none holds anything */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** A cache within its share. @throws Error when it is open already: its bytes would count twice */
  open<Value>(name: CacheName): ByteLru<Value> {
    if (this.#opened.has(name)) throw new Error(`The cache ${name} is open already.`);
    const cache = new ByteLru<Value>(this.#bytes * SHARES[name]);
    this.#opened.set(name, cache);
    return cache;
  }

  /** Bytes that each cache holds. */
  get held(): Readonly<Record<string, number>> {
    return Object.fromEntries(NAMES.map((name) => [name, this.#opened.get(name)?.bytes ?? 0]));
  }
}
