import type { ServerResponse } from 'node:http';
import type { FairShare } from '../../fair-share/fair-share.ts';
import { type Holder, holderKey } from '../../fair-share/holder.ts';
import { bytesTaken } from './bytes-taken.ts';

const POLL_MS = 1_000;
/** An export is slow if its client had bytes waiting at each of so many polls, and has taken less than this rate. */
const SLOW_POLLS = 10;
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
  /** Bytes that its client had taken at the latest polls, oldest first, while it always had some waiting. */
  taken: number[];
  wasInTheWay: boolean;
}

/**
 * The exports that are being sent. While a holder with less than an equal part of the slots waits for one, the slowest export
 * of the holders with the most slots is cut, one a second. Exports that are not slow are left alone, since they free their
 * slots soon.
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
    this.#watch ??= setInterval(() => this.#poll(), POLL_MS).unref();
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

  #poll(): void {
    for (const one of this.#sending) note(one);
    const holders = new Set(this.#share.largestHolders.map(holderKey));
    const slow = [...this.#sending].filter((one) => holders.has(holderKey(one.holder)) && isSlow(one));
    const slowest = slow.toSorted((a, b) => rateOf(a) - rateOf(b))[0];
    if (slowest === undefined) return;
    slowest.wasInTheWay = true;
    slowest.response.destroy();
  }
}

const byShare = new WeakMap<FairShare, RunningExports>();

/** The exports that take from a share, whichever route sends them. */
export function runningExports(share: FairShare): RunningExports {
  const running = byShare.get(share) ?? new RunningExports(share);
  byShare.set(share, running);
  return running;
}

function note(one: Sending): void {
  const { socket } = one.response;
  if (socket === null || socket.writableLength === 0) one.taken = [];
  else one.taken = [...one.taken.slice(-SLOW_POLLS), bytesTaken(socket)];
}

function isSlow(one: Sending): boolean {
  return !one.wasInTheWay && one.taken.length > SLOW_POLLS && rateOf(one) < SLOW_BYTES_A_SECOND;
}

/** Bytes a second over the latest polls. */
function rateOf({ taken }: Sending): number {
  const [oldest = 0] = taken;
  return ((taken.at(-1) ?? 0) - oldest) / ((SLOW_POLLS * POLL_MS) / 1_000);
}
