import type { Tenant } from '../stats/sql/conditions.ts';

/** A moment of this process. */
export interface Moment {
  /** The number of the latest change by then. */
  readonly change: number;
  /** By the clock of `performance`, milliseconds. */
  readonly time: number;
}

/** Owners whose changes are told apart. With more of them, a change of one counts as a change of all. */
const MAX_OWNERS = 50_000;

/** Numbers the data changes of this process, to tell whether a response is older than one of them. */
export class DataChanges {
  #latest = 0;
  #latestOfAll = 0;
  readonly #latestByOwner = new Map<string, number>();

  /**
   * Notes, before the change is acknowledged, that clicks of these owners, or of any owner, may have changed.
   */
  note(owners: Iterable<string> | 'every-owner'): void {
    const number = ++this.#latest;
    if (owners !== 'every-owner') {
      for (const ownerId of owners) this.#latestByOwner.set(ownerId, number);
      if (this.#latestByOwner.size <= MAX_OWNERS) return;
    }
    this.#latestByOwner.clear();
    this.#latestOfAll = number;
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
