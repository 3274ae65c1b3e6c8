import type { CacheOutcome } from '../../cache/cache-outcome.ts';

/**
 * The stages of a request for statistics, in their order: waiting for its share of queries is `queue`, sending an export as its
 * client takes it `stream`.
 */
export const STAGES = ['parse', 'queue', 'clickhouse', 'shape', 'stream'] as const;
export type Stage = (typeof STAGES)[number];

/** When a stage began, by the clock of `performance`, and how long it took; milliseconds. */
export interface StageTime {
  readonly stage: Stage;
  readonly start: number;
  readonly duration: number;
}

/** What a stats request has cost so far, for its headers and its trace. */
export class StageTimes {
  readonly #stages: StageTime[] = [];
  #last: Pick<StageTime, 'stage' | 'start'> | undefined;
  #rowsRead = 0;
  #outcome: CacheOutcome | undefined;

  get stages(): readonly StageTime[] {
    if (this.#last === undefined) return this.#stages;
    return [...this.#stages, { ...this.#last, duration: performance.now() - this.#last.start }];
  }

  /** Begins the last stage, which lasts until the response has ended. */
  beginLast(stage: Stage): void {
    this.#last = { stage, start: performance.now() };
  }

  /** Measures work, also where it fails. */
  async measure<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(stage, start);
    }
  }

  /** Notes a stage that ends now. */
  add(stage: Stage, start: number): void {
    this.#stages.push({ stage, start, duration: performance.now() - start });
  }

  /** How long a stage took the last time; milliseconds. */
  lastOf(stage: Stage): number {
    const { duration = 0 } = this.#stages.findLast((one) => one.stage === stage) ?? {};
    return Math.round(duration * 10) / 10;
  }

  /** Notes rows that ClickHouse has read. */
  addRows(rows: number): void {
    this.#rowsRead += rows;
  }

  /** Notes what the cache had; of several requests a miss stands out. */
  addOutcome(outcome: CacheOutcome): void {
    if (this.#outcome !== 'miss') this.#outcome = outcome;
  }

  /** The headers that tell of it. */
  get headers(): Readonly<Record<string, string>> {
    return timingHeaders(this.#metrics, this.#rowsRead);
  }

  /** The header of a response that begins before all rows are read. */
  get serverTiming(): string {
    return this.#metrics.join(', ');
  }

  get #metrics(): readonly string[] {
    const metrics = STAGES.flatMap((stage) => {
      const own = this.#stages.filter((one) => one.stage === stage);
      const sum = own.reduce((all, { duration }) => all + duration, 0);
      return own.length === 0 ? [] : `${stage};dur=${Math.round(sum * 10) / 10}`;
    });
    const cache = this.#outcome === undefined ? [] : [`cache;desc="${this.#outcome}"`];
    return [...metrics, ...cache];
  }
}

/** Of a response that nothing was computed for. */
export const CACHED_TIMING = timingHeaders(['cache;desc="hit"'], 0);

function timingHeaders(metrics: readonly string[], rowsRead: number): Readonly<Record<string, string>> {
  return { 'Server-Timing': metrics.join(', '), 'X-Spoor-Rows-Read': String(rowsRead) };
}
