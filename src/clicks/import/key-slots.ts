/** At least so many slots, so that a slot's number always is some of a hash's highest bits. */
const LEAST_BITS = 10;
const HASH_BITS = 32;

/**
 * Numbers 64-bit keys, each in two halves, since JavaScript's own maps of large whole numbers take several times as long. Open
 * addressing: whoever adds keys sees that half of the slots stay free.
 */
export class KeySlots {
  readonly capacity: number;
  /** How many keys there are. */
  size = 0;
  /** Low half and high half of each slot's key. */
  readonly #keys: Uint32Array;
  readonly #isTaken: Uint8Array;
  readonly #shift: number;
  /** Odd, and another in each table: nobody can choose keys that meet in one slot. */
  readonly #factor = (Math.random() * 2 ** HASH_BITS) | 1;

  /** @param count of keys that there may be */
  constructor(count: number) {
    const bits = Math.max(LEAST_BITS, Math.ceil(Math.log2(2 * count)));
    this.capacity = 2 ** bits;
    this.#shift = HASH_BITS - bits;
    this.#keys = new Uint32Array(2 * this.capacity);
    this.#isTaken = new Uint8Array(this.capacity);
  }

  /** Whether no more keys may be added. */
  get isFull(): boolean {
    return 2 * this.size >= this.capacity;
  }

  /** The slot of a key; negative where it has none: the complement of the slot that it would get. */
  find(low: number, high: number): number {
    const keys = this.#keys;
    const isTaken = this.#isTaken;
    const mask = this.capacity - 1;
    let slot = Math.imul(low ^ high, this.#factor) >>> this.#shift;
    while (isTaken[slot] === 1) {
      if (keys[2 * slot] === low && keys[2 * slot + 1] === high) return slot;
      slot = (slot + 1) & mask;
    }
    return ~slot;
  }

  /** The slot of a key, which is added where it has none. */
  add(low: number, high: number): number {
    const found = this.find(low, high);
    if (found >= 0) return found;
    const slot = ~found;
    this.#keys[2 * slot] = low;
    this.#keys[2 * slot + 1] = high;
    this.#isTaken[slot] = 1;
    this.size++;
    return slot;
  }

  /** Calls `visit` with each key and its slot. */
  each(visit: (low: number, high: number, slot: number) => void): void {
    for (let slot = 0; slot < this.capacity; slot++) {
      if (this.#isTaken[slot] === 1) visit(this.#keys[2 * slot] ?? 0, this.#keys[2 * slot + 1] ?? 0, slot);
    }
  }
}
