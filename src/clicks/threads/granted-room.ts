import { unavailable } from '../../errors.ts';
import type { Room } from '../../fair-share/room.ts';
import { ROOM_ANSWERS, type ThreadRoom } from './ingest-calls.ts';

/** The main thread is asked for so many units at least. */
const STEP = 262_144;

/** A request's room as its thread counts it, within what the main thread has granted. */
export class GrantedRoom implements Pick<Room, 'most' | 'take' | 'give'> {
  readonly #room: ThreadRoom;
  readonly #ask: (units: number) => void;
  #granted: number;
  #used = 0;

  /** @param ask asks the main thread for more, which answers in the room */
  constructor(room: ThreadRoom, ask: (units: number) => void) {
    this.#room = room;
    this.#ask = ask;
    this.#granted = room.granted;
  }

  get most(): number {
    return this.#room.most;
  }

  /** @throws AppError `unavailable` when there is no room for so much more; the main thread knows why */
  take(units: number): void {
    this.#used += units;
    const missing = this.#used - this.#granted;
    if (missing <= 0) return;
    if (!this.#grow(Math.max(missing, STEP)) && !this.#grow(missing))
      throw unavailable('There is no room for the request: send it again later.');
  }

  give(units: number): void {
    this.#used -= units;
  }

  #grow(units: number): boolean {
    const { answer } = this.#room;
    Atomics.store(answer, 0, ROOM_ANSWERS.none);
    this.#ask(units);
    // The notification of an answer that was seen without it wakes the next wait.
    while (Atomics.load(answer, 0) === ROOM_ANSWERS.none) Atomics.wait(answer, 0, ROOM_ANSWERS.none);
    const isGranted = Atomics.load(answer, 0) === ROOM_ANSWERS.granted;
    if (isGranted) this.#granted += units;
    return isGranted;
  }
}
