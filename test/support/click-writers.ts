import { expect } from '@jest/globals';
import { waitUntil } from './process.ts';

export interface ClickWritersOptions {
  readonly count: number;
  readonly random: (below: number) => number;
  /** Sends clicks; undefined when the connection broke. */
  readonly post: (
    clicks: readonly object[],
    headers: Readonly<Record<string, string>>,
  ) => Promise<Sent | undefined>;
  /** Settles when it makes sense to send again. */
  readonly ready: () => Promise<unknown>;
}

interface Sent {
  readonly status: number;
  readonly json: unknown;
}

/**
 * Clients that send clicks until they are told to end, each click with a name of its own as its city. The first sends each
 * request once: what is not acknowledged may be lost, but not doubled. The others send a request again with its key until
 * it is acknowledged.
 */
export class ClickWriters {
  readonly #options: ClickWritersOptions;
  readonly #over = new AbortController();
  readonly #acknowledged = new Set<string>();
  readonly #sentOnce = { acknowledged: new Set<string>(), all: new Set<string>() };
  readonly #work: readonly Promise<void>[];

  constructor(options: ClickWritersOptions) {
    this.#options = options;
    this.#work = Array.from({ length: options.count }, (_, writer) => this.#write(writer));
  }

  /** Clicks that were acknowledged so far. */
  get acknowledged(): number {
    return this.#acknowledged.size + this.#sentOnce.acknowledged.size;
  }

  /** Waits until more than so many further clicks are acknowledged that have a key. */
  async more(clicks: number): Promise<void> {
    const wanted = this.#acknowledged.size + clicks;
    // However slow the machine is, some come in time.
    for (let before = this.#acknowledged.size; before <= wanted; before = this.#acknowledged.size) {
      await waitUntil('more clicks', () => this.#acknowledged.size > before);
    }
  }

  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#work);
  }

  /** What is wrong with the list of clicks by city that an export says is stored. */
  faultsOf(clicksByCity: readonly { readonly city: string; readonly clicks: number }[]) {
    const stored = new Map(clicksByCity.map(({ city, clicks }) => [city, clicks]));
    const all = [...this.#acknowledged, ...this.#sentOnce.acknowledged];
    return {
      missing: all.filter((name) => !stored.has(name)),
      doubled: [...stored].filter(([, clicks]) => clicks !== 1),
      strangers: [...stored.keys()].filter(
        (name) => !this.#acknowledged.has(name) && !this.#sentOnce.all.has(name),
      ),
    };
  }

  async #write(writer: number): Promise<void> {
    const { random, ready } = this.#options;
    for (let request = 0; !this.#over.signal.aborted; request++) {
      const clicks = Array.from({ length: 1 + random(40) }, (_, index) => ({
        short_code: `code-${random(5)}`,
        city: `${writer}-${request}-${index}`,
        ip: `192.0.2.${random(250)}`,
        // Two months and the time of arrival: a request lies in up to three partitions.
        ...(random(3) === 0 ? {} : { clicked_at: `2025-0${1 + random(2)}-15T12:00:00Z` }),
      }));
      const names = clicks.map(({ city }) => city);
      if (writer === 0) {
        for (const name of names) this.#sentOnce.all.add(name);
        if (await this.#send(clicks)) for (const name of names) this.#sentOnce.acknowledged.add(name);
        else await ready();
        continue;
      }
      while (!(await this.#send(clicks, { 'idempotency-key': `${writer}-${request}` }))) await ready();
      for (const name of names) this.#acknowledged.add(name);
    }
  }

  /** True when acknowledged; false when refused for now, or when the connection broke. */
  async #send(clicks: readonly object[], headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
    const answer = await this.#options.post(clicks, headers);
    if (answer === undefined || answer.status === 503) return false;
    expect(answer).toMatchObject({ status: 200, json: { accepted: clicks.length, rejected: [] } });
    return true;
  }
}
