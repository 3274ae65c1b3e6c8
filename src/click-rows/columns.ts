import { mapEntries, namesOf } from '../lib/names.ts';
import { type Sql, sql } from '../sql/sql.ts';
import { type LocalQuery, type ValueDimension, valueSql } from '../stats/registry/dimension.ts';
import { DIMENSIONS } from '../stats/registry/dimensions.ts';
import { joinedTagLists, tagList } from '../stats/sql/tag.ts';

/** What a column's values are, which decides how each format writes them. */
export type ClickColumnType = 'time' | 'text' | 'number' | 'boolean' | 'map' | 'list';

/** A column of the clicks themselves. */
export interface ClickColumn {
  /** Its value, from the columns that are stored. Where it depends on local time, that is as the query has it. */
  readonly sql: (query: LocalQuery) => Sql;
  /** Joins the clicks with what it needs of the tags of their URLs. Each stays one row. */
  readonly join?: (taggedUrls: Sql) => Sql;
  /**
   * `time`: an instant of UTC, to the millisecond; `text` is never empty but for `click_id`; `number` may be null; `map`: texts by
   * text; `list`: texts.
   */
  readonly type: ClickColumnType;
  readonly description: string;
  /** Whether it is among those of a request that names none. */
  readonly isDefault: boolean;
}

/** A dimension that has one value for each click. */
type RowDimension = Extract<ValueDimension, { readonly joinTags?: undefined }>;

// A click is in one bucket of time, but it has its time; it has as many tags as its URL, which are a list.
const { time: _time, tag: _tag, ...rowDimensions } = DIMENSIONS;
const ROW_DIMENSIONS = rowDimensions satisfies Readonly<Record<string, RowDimension>>;

const TIMES = {
  clicked_at: {
    sql: () => sql`clicked_at`,
    type: 'time',
    description: 'When the click happened.',
    isDefault: true,
  },
  ingested_at: {
    sql: () => sql`ingested_at`,
    type: 'time',
    description:
      "When the click was stored, by ClickHouse's clock; of clicks from before this was kept, when the database was migrated.",
    isDefault: true,
  },
} as const satisfies Readonly<Record<string, ClickColumn>>;

const DETAILS = {
  tag: {
    sql: tagList,
    join: joinedTagLists,
    type: 'list',
    description: 'The tags that the URL of the click has now, in their order.',
    isDefault: false,
  },
  properties: {
    sql: () => sql`properties`,
    type: 'map',
    description: "The click's own properties, texts by their keys.",
    isDefault: true,
  },
  click_id: {
    sql: () => sql`click_id`,
    type: 'text',
    description: 'The id that the click came with; empty where it came without.',
    isDefault: true,
  },
  is_bot: {
    sql: () => sql`is_bot`,
    type: 'boolean',
    description: 'Whether the click is by a bot.',
    isDefault: true,
  },
  redirect_ms: {
    sql: () => sql`redirect_ms`,
    type: 'number',
    description: 'How long the redirect took, in milliseconds; null where the click does not say.',
    isDefault: true,
  },
  owner_id: {
    sql: () => sql`owner_id`,
    type: 'text',
    description: 'Whose click it is.',
    isDefault: false,
  },
  visitor: {
    sql: () => sql`lower(leftPad(hex(visitor), 16, '0'))`,
    type: 'text',
    description: 'The keyed hash of the visitor, 16 hexadecimal digits. Only with `visitors=true`.',
    isDefault: false,
  },
} as const satisfies Readonly<Record<string, ClickColumn>>;

/** What a click is shown with, in this order: its times, the dimensions of which it has one value, and what else is stored of it. */
export const CLICK_COLUMNS = {
  ...TIMES,
  ...mapEntries(ROW_DIMENSIONS, (name): ClickColumn => {
    const dimension: RowDimension = ROW_DIMENSIONS[name];
    return {
      sql: (query) => valueSql(dimension, query),
      type: 'text',
      description: `${dimension.words.one}.`,
      isDefault: true,
    };
  }),
  ...DETAILS,
} satisfies Readonly<Record<string, ClickColumn>>;

export type ClickColumnName = keyof typeof CLICK_COLUMNS;

export const CLICK_COLUMN_NAMES = namesOf(CLICK_COLUMNS);

/** A column, whichever it is. */
export function clickColumnOf(name: ClickColumnName): ClickColumn {
  return CLICK_COLUMNS[name];
}
