import { ownCopy } from '../values/own-copy.ts';

interface Held<Value> {
  readonly value: Value;
  readonly bytes: number;
  wasAskedFor: boolean;
}

/**
 * Values by name within so many bytes. For a new one the oldest goes that was not asked for since it came to the end of
 * the queue, which is nearly the one not asked for longest, and asking for one costs nothing but a mark.
 */
export class ByteLru<Value> {
  readonly #limit: number;
  /** A queue: the first is the next to go, unless it was asked for. */
  readonly #held = new Map<string | number, Held<Value>>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes held, by what their setters said. */
  get bytes(): number {
    return this.#bytes;
  }

  get(name: string | number): Value | undefined {
    const held = this.#held.get(name);
    if (held === undefined) return undefined;
    held.wasAskedFor = true;
    return held.value;
  }

  /** What is larger than all the room there is, is not held. */
  set(name: string | number, value: Value, bytes: number): void {
    this.delete(name);
    if (bytes > this.#limit) return;
    this.#makeRoom(this.#limit - bytes);
    this.#hold(own(name), { value, bytes, wasAskedFor: false });
  }

  /** A map's loop comes to what is put behind its end meanwhile, so each is passed over once at most. */
  #makeRoom(limit: number): void {
    for (const [oldest, held] of this.#held) {
      if (this.#bytes <= limit) return;
      this.delete(oldest);
      if (held.wasAskedFor) this.#hold(oldest, { ...held, wasAskedFor: false });
    }
  }

  #hold(name: string | number, held: Held<Value>): void {
    this.#held.set(name, held);
    this.#bytes += held.bytes;
  }

  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
  }

  delete(name: string | number): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    this.#bytes -= held.bytes;
  }
}

/** A name that keeps no longer text in memory than itself. */
function own(name: string | number): string | number {
  return typeof name === 'string' ? ownCopy(name) : name;
}
