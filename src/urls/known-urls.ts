import QuickLRU from 'quick-lru';
import type { Database } from '../clickhouse/database.ts';
import type { ShortUrl } from './registry.ts';
import { StoredUrlsWatch } from './stored-urls.ts';

/** Well below the 5 s within which a change must be seen by every instance, where there can be several. */
const YOUNG_MS = 3_000;
const MOST_URLS = 50_000;

interface Known {
  readonly url: ShortUrl;
  /** Of the table, from before the URL was read. */
  readonly mark: string | undefined;
  /** When it was so, for certain, by the clock. */
  at: number;
}

/** What this process read or wrote of URLs lately, for as long as it is sure to hold. */
export class KnownUrls {
  readonly #urls = new QuickLRU<string, Known>({ maxSize: MOST_URLS });
  readonly #clock: () => number;
  /** Of others' changes; undefined where there are none. */
  readonly #watch: StoredUrlsWatch | undefined;

  /**
   * @param isOnlyWriter nobody else changes these URLs, so what is known of one holds until it is changed here
   * @param clock milliseconds, never going back
   */
  constructor(database: Database, isOnlyWriter: boolean, clock = () => performance.now()) {
    this.#clock = clock;
    if (!isOnlyWriter) this.#watch = new StoredUrlsWatch(database, clock);
  }

  /** A URL that was read or found unchanged at most three seconds ago, without a look at ClickHouse. */
  young(shortCode: string): ShortUrl | undefined {
    const known = this.#urls.get(shortCode);
    return known !== undefined && this.#isYoung(known) ? known.url : undefined;
  }

  /** The same, also when it was read longer ago and nobody has changed any URL since. */
  async find(shortCode: string): Promise<ShortUrl | undefined> {
    const known = this.#urls.get(shortCode);
    if (known === undefined || this.#watch === undefined || this.#isYoung(known)) return known?.url;
    const { at, mark } = await this.#watch.recent();
    if (mark === undefined || mark !== known.mark || this.#urls.get(shortCode) !== known) return undefined;
    known.at = at;
    return known.url;
  }

  /** To be called before URLs are read or written; what it returns takes them in afterwards. */
  begin(): (url: ShortUrl) => void {
    const at = this.#clock();
    const mark = this.#watch?.latest?.mark;
    return (url) => this.#urls.set(url.shortCode, { url, mark, at });
  }

  forget(shortCode: string): void {
    this.#urls.delete(shortCode);
  }

  #isYoung({ at }: Known): boolean {
    return this.#watch === undefined || this.#clock() - at <= YOUNG_MS;
  }
}
