import type { CLICK_COLUMNS, ClickColumnName, ClickColumnType } from '../click-rows/columns.ts';
import type { ClickOrder } from '../click-rows/click-query.ts';
import type { ClicksFilter, OneOrMore } from './query-parameters.ts';

/** What a column's values are. Of a dimension the registry says no type: its values are texts. */
type ValueOf<Type extends ClickColumnType> = ClickColumnType extends Type
  ? string
  : {
      time: string;
      text: string;
      number: number | null;
      boolean: boolean;
      map: Readonly<Record<string, string>>;
      list: readonly string[];
    }[Type];

/** A click as it is stored, with the fields that were asked for. Times are ISO 8601. */
export type StoredClick = {
  readonly [Name in ClickColumnName]?: ValueOf<(typeof CLICK_COLUMNS)[Name]['type']>;
};

/** What is shown of clicks. */
export interface ClickFields {
  readonly fields?: OneOrMore<ClickColumnName>;
  /** Also the hash of the visitor, for keys with `visitors:read`. */
  readonly visitors?: boolean | undefined;
}

/** What `GET /api/v1/clicks` takes. */
export type ClicksQuery = ClicksFilter &
  ClickFields & {
    readonly order?: ClickOrder | undefined;
    /** Clicks of a page, 10,000 at most. */
    readonly limit?: number | undefined;
  };

/** What `GET /api/v1/clicks/changes` takes. */
export type ChangesQuery = Omit<ClicksFilter, 'start_date' | 'end_date' | 'range'> &
  ClickFields & {
    /** The `next_cursor` of an earlier page, in place of all but `wait` and `limit`. Default: now. */
    readonly after?: string | undefined;
    /** Seconds that the service waits for a click before it sends an empty page. */
    readonly wait?: number | undefined;
    /** Clicks of a page, 10,000 at most. */
    readonly limit?: number | undefined;
  };

/** Clicks that have arrived, and where those after them begin. */
export interface ChangesPage {
  readonly items: readonly StoredClick[];
  readonly next_cursor: string;
}
