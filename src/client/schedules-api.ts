import type { NewScheduleBody, RunBody, ScheduleBody } from '../http/api/schedule-schemas.ts';
import type { ScheduleRange } from '../schedules/window.ts';
import type { MetricName } from '../stats/registry/metrics.ts';
import type { ClicksExport, StatsExport } from './export-query.ts';
import { type ReadOptions, type Reader, hasFields, isNothing, jsonOf } from './reader.ts';
import type { ClicksFilter } from './query-parameters.ts';

type Undated<Query> = Query extends unknown ? Omit<Query, 'start_date' | 'end_date' | 'range'> : never;

/** When an alert calls its webhook. */
export type AlertCondition = { readonly metric?: MetricName | undefined } & (
  | { readonly over: number }
  | { readonly under: number }
  | { readonly change: `${'+' | '-'}${number}%`; readonly against?: 'previous' | undefined }
);

/** A schedule to be made, as `POST /api/v1/schedules` takes it: an export, or with a `condition` an alert. */
export type ScheduleOrder = {
  readonly name?: string | null | undefined;
  /** When it runs: `0 3 * * *`. */
  readonly cron: string;
  readonly timezone?: string | undefined;
  /** What each run is about, as of the time that it is due. */
  readonly range: ScheduleRange;
  readonly webhook?: { readonly url: string } | null | undefined;
} & (
  | (Undated<StatsExport | ClicksExport> & { readonly destination?: string | null | undefined })
  | (Undated<ClicksFilter> & { readonly condition: AlertCondition })
);

export type Schedule = Readonly<ScheduleBody>;

/** A schedule that was just created, with the secret of its webhook. */
export type NewSchedule = Readonly<NewScheduleBody>;

export type ScheduleRun = Readonly<RunBody>;

const PATH = '/api/v1/schedules';
const isSchedule = hasFields<Schedule>('id', 'cron');

/** What is done again and again. All methods reject with a SpoorError. */
export class Schedules {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Creates a schedule. It is sent once: after a `network_error` there may be one or not. */
  create(order: ScheduleOrder, { signal }: ReadOptions = {}): Promise<NewSchedule> {
    return this.#reader.send('POST', PATH, jsonOf(order, signal), hasFields<NewSchedule>('id', 'cron'));
  }

  /** The oldest first. @param ownerId another owner than the key's, for administrators */
  async list(
    { owner_id }: { readonly owner_id?: string | undefined } = {},
    { signal }: ReadOptions = {},
  ): Promise<readonly Schedule[]> {
    const isList = hasFields<{ readonly items: readonly Schedule[] }>('items');
    return (await this.#reader.read('GET', PATH, { query: { owner_id }, signal }, isList)).items;
  }

  get(id: string, { signal }: ReadOptions = {}): Promise<Schedule> {
    return this.#reader.read('GET', pathOf(id), { signal }, isSchedule);
  }

  /** Replaces all of a schedule but its owner, its runs and the secret of its webhook. */
  replace(id: string, order: ScheduleOrder, { signal }: ReadOptions = {}): Promise<Schedule> {
    return this.#reader.read('PUT', pathOf(id), jsonOf(order, signal), isSchedule);
  }

  delete(id: string, { signal }: ReadOptions = {}): Promise<void> {
    return this.#reader.send('DELETE', pathOf(id), { signal }, isNothing);
  }

  /** The runs of a schedule, the newest first, page by page as they are read. */
  runs(
    id: string,
    query: { readonly limit?: number | undefined } = {},
    options: ReadOptions = {},
  ): AsyncGenerator<ScheduleRun, void, void> {
    return this.#reader.pages(`${pathOf(id)}/runs`, query, (cursor) => ({ ...query, cursor }), options);
  }
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}
