/** The pause after a destination did not respond; after each further time in a row it is twice as long, milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/**
 * When destinations that did not respond are tried again. All jobs to one of them wait, so that finding it down anew costs one of
 * them some time now and then, and not each of them.
 */
export class DestinationPauses {
  /** By destination; those that respond have none. */
  readonly #down = new Map<string, { readonly failures: number; readonly until: number }>();

  /** @param now Unix milliseconds */
  failed(destination: string, now: number): void {
    const { failures = 0, until = 0 } = this.#down.get(destination) ?? {};
    // Those that were under way together have found out the same.
    if (until > now) return;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    this.#down.set(destination, { failures: failures + 1, until: now + pause });
  }

  responded(destination: string): void {
    this.#down.delete(destination);
  }

  /** Whether it did not respond when it was tried last. */
  isDown(destination: string | null): boolean {
    return destination !== null && this.#down.has(destination);
  }

  /** Unix milliseconds; 0: it need not be waited for. */
  until(destination: string | null): number {
    return destination === null ? 0 : (this.#down.get(destination)?.until ?? 0);
  }
}
