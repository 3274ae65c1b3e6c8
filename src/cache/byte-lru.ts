import { ownCopy } from '../lib/own-copy.ts';

interface Held<Value> {
  readonly value: Value;
  readonly bytes: number;
  readonly holder: string;
  wasAskedFor: boolean;
}

/** What one holder has. */
interface HolderPart {
  bytes: number;
  /** In the order of the queue. */
  readonly names: Set<string | number>;
}

/** Of all bytes, what one holder's values take where values have holders. */
const EACH = 1 / 2;
/** Of values that are everybody's. */
const NOBODY = '';

/**
 * Values by name within so many bytes. For a new one the oldest goes that was not asked for since it came to the end of
 * the queue, which is nearly the one not asked for longest, and asking for one costs nothing but a mark.
 */
export class ByteLru<Value> {
  readonly #limit: number;
  /** A queue: the first is the next to go, unless it was asked for. */
  readonly #held = new Map<string | number, Held<Value>>();
  readonly #holders = new Map<string, HolderPart>();
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

  /**
   * What is larger than all the room there is, is not held.
   * @param holder whose it is: beyond half of all bytes, a holder's new values take the place of that holder's own
   */
  set(name: string | number, value: Value, bytes: number, holder = NOBODY): void {
    this.delete(name);
    const limit = holder === NOBODY ? this.#limit : this.#limit * EACH;
    if (bytes > limit) return;
    if (holder !== NOBODY) this.#makeRoomOf(holder, limit - bytes);
    this.#makeRoom(this.#limit - bytes);
    this.#hold(own(name), { value, bytes, holder, wasAskedFor: false });
  }

  /** A map's loop comes to what is put behind its end meanwhile, so each is passed over once at most. */
  #makeRoom(limit: number): void {
    for (const [oldest, held] of this.#held) {
      if (this.#bytes <= limit) return;
      this.#passOver(oldest, held);
    }
  }

  #makeRoomOf(holder: string, limit: number): void {
    for (;;) {
      const part = this.#holders.get(holder);
      const [oldest = ''] = part?.names ?? [];
      const held = this.#held.get(oldest);
      if (part === undefined || part.bytes <= limit || held === undefined) return;
      this.#passOver(oldest, held);
    }
  }

  /** Deletes what was not asked for; what was, is the newest again. */
  #passOver(name: string | number, held: Held<Value>): void {
    this.delete(name);
    if (held.wasAskedFor) this.#hold(name, { ...held, wasAskedFor: false });
  }

  #hold(name: string | number, held: Held<Value>): void {
    this.#held.set(name, held);
    this.#bytes += held.bytes;
    const part = this.#holders.get(held.holder) ?? { bytes: 0, names: new Set() };
    part.bytes += held.bytes;
    part.names.add(name);
    this.#holders.set(held.holder, part);
  }

  clear(): void {
    this.#held.clear();
    this.#holders.clear();
    this.#bytes = 0;
  }

  delete(name: string | number): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    this.#bytes -= held.bytes;
    const part = this.#holders.get(held.holder);
    if (part === undefined) return;
    part.bytes -= held.bytes;
    part.names.delete(name);
    if (part.names.size === 0) this.#holders.delete(held.holder);
  }
}

/** A name that keeps no longer text in memory than itself. */
function own(name: string | number): string | number {
  return typeof name === 'string' ? ownCopy(name) : name;
}
