import type { Tenant } from '../stats/sql/conditions.ts';

/** A moment of this process. */
export interface Moment {
  /** The number of the latest change by then. */
  readonly change: number;
  /** By the clock of `performance`, milliseconds. */
  readonly time: number;
}

/** Owners whose changes are distinguished. With more of them, a change of one counts as a change of all. */
const MAX_OWNERS = 50_000;

/** Numbers the data changes of this process, to tell whether a response is older than one of them. */
export class DataChanges {
  #latest = 0;
  #latestOfAll = 0;
  readonly #latestByOwner = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #isEnding = false;

  /**
   * Notes, before the change is acknowledged, that clicks of these owners, or of any owner, may have changed.
   */
  note(owners: Iterable<string> | 'every-owner'): void {
    this.#count(owners, ++this.#latest);
    for (const look of this.#waiting) look();
  }

  #count(owners: Iterable<string> | 'every-owner', number: number): void {
    if (owners !== 'every-owner') {
      for (const ownerId of owners) this.#latestByOwner.set(ownerId, number);
      if (this.#latestByOwner.size <= MAX_OWNERS) return;
    }
    this.#latestByOwner.clear();
    this.#latestOfAll = number;
  }

  /**
   * Waits for a change, through this process, of what the tenant sees.
   * @param since changes after that moment count
   * @param ms the longest wait; an abort of the signal and `endWaits` end it too
   */
  async next(tenant: Tenant, since: Moment, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isEnding) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const look = (): void => {
        if (this.#isEnding || this.#latestOf(tenant) > since.change) end();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      this.#waiting.add(look);
      look();
    });
  }

  /** Ends all waits, and those to come: the process is about to stop. */
  endWaits(): void {
    this.#isEnding = true;
    for (const look of this.#waiting) look();
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  now(): Moment {
    return { change: this.#latest, time: performance.now() };
  }

  /** Whether the moment is at most `maxAgeMs` ago and nothing that the tenant sees has changed through this process since. */
  isFresh({ change, time }: Moment, tenant: Tenant, maxAgeMs: number): boolean {
    return this.#latestOf(tenant) <= change && performance.now() - time <= maxAgeMs;
  }

  #latestOf(tenant: Tenant): number {
    if (tenant.kind === 'every-owner') return this.#latest;
    return Math.max(this.#latestOfAll, this.#latestByOwner.get(tenant.ownerId) ?? 0);
  }
}
