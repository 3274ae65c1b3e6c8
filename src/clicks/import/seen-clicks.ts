import { KeySlots } from './key-slots.ts';

const FIRST_KEYS = 4_096;
/** About 40 MB. */
const MAX_KEYS = 1_000_000;

/**
 * What a dry run has seen of its stream, which an import would find stored: by key, the most equal lines that were counted. Of more
 * than a million keys the later ones are not kept.
 */
export class SeenClicks {
  #slots = new KeySlots(FIRST_KEYS);
  #counts = new Uint32Array(this.#slots.capacity);

  /**
   * Whether as many equal lines were seen before; if not, so many are seen from now on.
   * @param repeat how many equal lines the stream has up to this one
   */
  has(low: number, high: number, repeat: number): boolean {
    const found = this.#slots.find(low, high);
    if (found >= 0 && (this.#counts[found] ?? 0) >= repeat) return true;
    if (found < 0 && this.#slots.size >= MAX_KEYS) return false;
    if (found < 0 && this.#slots.isFull) this.#grow();
    this.#counts[this.#slots.add(low, high)] = repeat;
    return false;
  }

  #grow(): void {
    const slots = new KeySlots(2 * this.#slots.size);
    const counts = new Uint32Array(slots.capacity);
    this.#slots.each((low, high, slot) => {
      counts[slots.add(low, high)] = this.#counts[slot] ?? 0;
    });
    this.#slots = slots;
    this.#counts = counts;
  }
}
