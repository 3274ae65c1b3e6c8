import type { Tenant } from '../stats/sql/conditions.ts';

/** A moment of this process. */
export interface Moment {
  /** The number of the last change noted by then. */
  readonly change: number;
  /** Milliseconds of a clock that never goes back. */
  readonly time: number;
}

/** Owners told apart. With more of them a change of one is taken for a change of every one. */
const OWNERS = 50_000;

/** Numbers the changes that this process has acknowledged, so that an answer is known to be older than one of them. */
export class DataChanges {
  #last = 0;
  #everything = 0;
  readonly #owners = new Map<string, number>();

  /** Notes, before they are acknowledged, changes of these owners' clicks. */
  of(ownerIds: Iterable<string>): void {
    const number = ++this.#last;
    for (const ownerId of ownerIds) this.#owners.set(ownerId, number);
    if (this.#owners.size <= OWNERS) return;
    this.#owners.clear();
    this.#everything = number;
  }

  /** Notes a change that may be of anybody's clicks. */
  ofEverything(): void {
    this.#everything = ++this.#last;
    this.#owners.clear();
  }

  now(): Moment {
    return { change: this.#last, time: performance.now() };
  }

  /** Whether nothing that the tenant sees has changed since through this process, nor anywhere for longer than `ms`. */
  isRecent({ change, time }: Moment, tenant: Tenant, ms: number): boolean {
    return this.#lastOf(tenant) <= change && performance.now() - time <= ms;
  }

  #lastOf(tenant: Tenant): number {
    if (tenant.kind === 'every-owner') return this.#last;
    return Math.max(this.#everything, this.#owners.get(tenant.ownerId) ?? 0);
  }
}
