import type { FiltersByName, FilterExpression } from '../stats/parse/filter-form.ts';
import type { BOT_CHOICES, COMPARE_CHOICES, MATCH_CHOICES, SCOPES_OF_STATS } from '../stats/parse/values.ts';
import type { DimensionName, FilterName } from '../stats/registry/dimension-names.ts';
import type { IntervalName, WeekStart } from '../stats/registry/intervals.ts';
import type { MetricName } from '../stats/registry/metrics.ts';
import type { OperatorName } from '../stats/registry/operators.ts';
import type { RangeName } from '../stats/registry/ranges.ts';

/** One value or several; what is null or undefined is not sent. */
export type OneOrMore<Value> = Value | readonly Value[] | null | undefined;

type Moment = string | number | Date;

/** Which clicks: of whom, of when, and what they are narrowed to. */
export type ClicksFilter = {
  readonly scope?: (typeof SCOPES_OF_STATS)[number] | undefined;
  readonly short_code?: OneOrMore<string>;
  readonly owner_id?: string | undefined;
  readonly start_date?: Moment | undefined;
  readonly end_date?: Moment | undefined;
  readonly range?: RangeName | undefined;
  readonly timezone?: string | undefined;
  readonly filters?: FiltersByName | FilterExpression | undefined;
  readonly segment?: OneOrMore<string>;
  readonly bots?: (typeof BOT_CHOICES)[number] | undefined;
} & {
  /** `{browser: ['Chrome', 'Firefox']}` */
  readonly [Name in Exclude<FilterName, 'short_code'>]?: OneOrMore<string>;
} & {
  /** `{'browser.is_not': 'Chrome'}` */
  readonly [Name in `${FilterName}.${OperatorName}`]?: OneOrMore<string>;
};

/** A stats query, with the parameters of `GET /api/v1/stats`. */
export type StatsQuery = ClicksFilter & {
  readonly group_by?: OneOrMore<DimensionName>;
  readonly metrics?: OneOrMore<MetricName>;
  readonly interval?: IntervalName | undefined;
  readonly week_start?: WeekStart | undefined;
  readonly breakdown?: boolean | undefined;
  readonly sort?: `${'' | '-'}${MetricName | DimensionName | 'change'}` | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  readonly other?: boolean | undefined;
  readonly compare?: (typeof COMPARE_CHOICES)[number] | `${string}/${string}` | undefined;
  readonly match?: (typeof MATCH_CHOICES)[number] | undefined;
  readonly explain?: boolean | undefined;
};
