import { formatWithOffset } from '../../lib/time-zone.ts';
import { type Bucket, buckets } from './buckets.ts';
import type { StatsQuery } from '../parse/query.ts';

/** A time bucket's name, and when it begins. */
export type TimeLabels = Readonly<Record<'time' | 'bucket_start', string>>;

/** The fields that tell a time bucket, each made once. */
export class TimeFields {
  readonly #query: StatsQuery;
  #buckets: ReadonlyMap<number, Bucket> | undefined;
  readonly #fields = new Map<number, TimeLabels>();

  constructor(query: StatsQuery) {
    this.#query = query;
  }

  /** Of all buckets in order, Unix seconds. */
  starts(): Iterable<number> {
    return this.#all.keys();
  }

  /** @param start Unix seconds, of a bucket */
  of(start: number): TimeLabels {
    const known = this.#fields.get(start);
    if (known !== undefined) return known;
    const bucket = this.#all.get(start);
    if (bucket === undefined) throw new Error('ClickHouse has a time bucket that the range has not.');
    const fields = { time: bucket.label, bucket_start: formatWithOffset(bucket.start, bucket.offset) };
    this.#fields.set(start, fields);
    return fields;
  }

  get #all(): ReadonlyMap<number, Bucket> {
    const { interval, range, timezone } = this.#query;
    this.#buckets ??= new Map(
      [...buckets(interval, range, timezone)].map((bucket) => [bucket.start / 1000, bucket]),
    );
    return this.#buckets;
  }
}
