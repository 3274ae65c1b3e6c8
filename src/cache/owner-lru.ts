import { ByteLru, type CacheKey } from './byte-lru.ts';

interface Entry<Value> {
  readonly key: CacheKey;
  readonly value: Value;
  readonly bytes: number;
  readonly owner: Owner<Value>;
  /** Its neighbours among the owner's entries. */
  older?: Entry<Value> | undefined;
  newer?: Entry<Value> | undefined;
}

/** Its entries are a linked list: a Map in the order of use grows slow where old keys are deleted all the time. */
interface Owner<Value> {
  readonly id: string;
  bytes: number;
  oldest?: Entry<Value> | undefined;
  newest?: Entry<Value> | undefined;
}

/** Of all bytes, what the values of one owner take at most. */
const OWNER_SHARE = 1 / 2;

/** A `ByteLru` whose values have owners. An owner that has half of all bytes displaces only its own values. */
export class OwnerLru<Value> {
  readonly #entries: ByteLru<Entry<Value>>;
  readonly #maxOwnerBytes: number;
  readonly #owners = new Map<string, Owner<Value>>();

  constructor(maxBytes: number) {
    this.#entries = new ByteLru(maxBytes, (entry) => this.#disown(entry));
    this.#maxOwnerBytes = maxBytes * OWNER_SHARE;
  }

  /** Bytes in use, as given to `set`. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  get(key: CacheKey): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.newer !== undefined) {
      unlink(entry);
      append(entry);
    }
    return entry.value;
  }

  /** A value larger than an owner's share is not stored. */
  set(key: CacheKey, value: Value, bytes: number, ownerId: string): void {
    this.#entries.delete(key);
    if (bytes > this.#maxOwnerBytes) return;
    const owner = this.#owners.get(ownerId) ?? { id: ownerId, bytes: 0 };
    while (owner.oldest !== undefined && owner.bytes + bytes > this.#maxOwnerBytes) {
      this.#entries.delete(owner.oldest.key);
    }
    const entry: Entry<Value> = { key, value, bytes, owner };
    owner.bytes += bytes;
    append(entry);
    this.#owners.set(ownerId, owner);
    this.#entries.set(key, entry, bytes);
  }

  #disown(entry: Entry<Value>): void {
    const { owner, bytes } = entry;
    owner.bytes -= bytes;
    unlink(entry);
    if (owner.oldest === undefined) this.#owners.delete(owner.id);
  }
}

function append<Value>(entry: Entry<Value>): void {
  const { owner } = entry;
  entry.older = owner.newest;
  entry.newer = undefined;
  if (owner.newest === undefined) owner.oldest = entry;
  else owner.newest.newer = entry;
  owner.newest = entry;
}

function unlink<Value>({ owner, older, newer }: Entry<Value>): void {
  if (older === undefined) owner.oldest = newer;
  else older.newer = newer;
  if (newer === undefined) owner.newest = older;
  else newer.older = older;
}
