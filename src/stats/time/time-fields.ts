import { formatWithOffset } from '../../lib/calendar.ts';
import { type Bucket, buckets } from './buckets.ts';
import type { StatsQuery } from '../query.ts';

/** A time bucket's name, and when it begins. */
export type TimeLabels = Readonly<Record<'time' | 'bucket_start', string>>;

/** The fields that tell a time bucket, each made once and only when it is asked for: a range may have thousands. */
export class TimeFields {
  readonly #query: StatsQuery;
  readonly #fields = new Map<number, TimeLabels>();

  constructor(query: StatsQuery) {
    this.#query = query;
  }

  /** Of all buckets in order, Unix seconds. */
  *starts(): Generator<number> {
    const { interval, range, timezone } = this.#query;
    for (const bucket of buckets(interval, range, timezone)) {
      const start = bucket.start / 1000;
      if (!this.#fields.has(start)) this.#fields.set(start, fieldsOf(bucket));
      yield start;
    }
  }

  /**
   * @param start Unix seconds, of a bucket
   * @throws Error where no bucket of the range starts then
   */
  of(start: number): TimeLabels {
    const known = this.#fields.get(start);
    if (known !== undefined) return known;
    const { interval, range, timezone } = this.#query;
    const [bucket] = buckets(interval, { start: start * 1000, end: start * 1000 }, timezone);
    if (bucket === undefined || bucket.start !== start * 1000 || bucket.start > range.end) {
      throw new Error('ClickHouse returned a time bucket outside the range.');
    }
    const fields = fieldsOf(bucket);
    this.#fields.set(start, fields);
    return fields;
  }
}

function fieldsOf({ label, start, offset }: Bucket): TimeLabels {
  return { time: label, bucket_start: formatWithOffset(start, offset) };
}
