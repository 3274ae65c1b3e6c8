import type { ServerResponse } from 'node:http';
import type { FairShare } from '../../fair-share/fair-share.ts';
import { type Holder, holderKey } from '../../fair-share/holder.ts';
import { bytesTaken } from './bytes-taken.ts';

const LOOK_MS = 1_000;
/** An export is slow whose client has taken less than so much, and had bytes waiting for it, at each of so many looks. */
const LOOKS = 10;
const SLOW_BYTES_A_SECOND = 262_144;

/** An export that is being sent. */
export interface RunningExport {
  /** Whether it was cut so that another holder gets its slot. */
  readonly wasInTheWay: boolean;
  readonly end: () => void;
}

interface Sending {
  readonly holder: Holder;
  readonly response: ServerResponse;
  /** Bytes its client had taken at the last looks, the oldest first, since when it has always had some waiting. */
  taken: number[];
  wasInTheWay: boolean;
}

/**
 * The exports that are being sent. While somebody waits for a slot who has less than an equal part of them, the slowest of
 * the exports that the holders with the most have is cut, one a second, unless none of them is slow: who takes what it
 * asked for gives its slot back soon.
 */
export class RunningExports {
  readonly #share: FairShare;
  readonly #sending = new Set<Sending>();
  #watch: NodeJS.Timeout | undefined;

  constructor(share: FairShare) {
    this.#share = share;
  }

  begin(holder: Holder, response: ServerResponse): RunningExport {
    const sending: Sending = { holder, response, taken: [], wasInTheWay: false };
    this.#sending.add(sending);
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return {
      get wasInTheWay() {
        return sending.wasInTheWay;
      },
      end: () => {
        this.#sending.delete(sending);
        if (this.#sending.size > 0) return;
        clearInterval(this.#watch);
        this.#watch = undefined;
      },
    };
  }

  #look(): void {
    for (const one of this.#sending) note(one);
    const holders = new Set(this.#share.inTheWay.map(holderKey));
    const slow = [...this.#sending].filter((one) => holders.has(holderKey(one.holder)) && isSlow(one));
    const slowest = slow.toSorted((a, b) => rateOf(a) - rateOf(b))[0];
    if (slowest === undefined) return;
    slowest.wasInTheWay = true;
    slowest.response.destroy();
  }
}

function note(one: Sending): void {
  const { socket } = one.response;
  if (socket === null || socket.writableLength === 0) one.taken = [];
  else one.taken = [...one.taken.slice(-LOOKS), bytesTaken(socket)];
}

function isSlow(one: Sending): boolean {
  return !one.wasInTheWay && one.taken.length > LOOKS && rateOf(one) < SLOW_BYTES_A_SECOND;
}

/** Bytes a second, lately. */
function rateOf({ taken }: Sending): number {
  const [oldest = 0] = taken;
  return ((taken.at(-1) ?? 0) - oldest) / ((LOOKS * LOOK_MS) / 1_000);
}
