import type { Column, RowTemplate } from '../../lib/row-template.ts';
import type { StatsQuery } from '../query.ts';
import type { DimensionName } from '../registry/dimension-names.ts';
import { type MetricName, metricOf, percentageOf } from '../registry/metrics.ts';
import { isTimeList, listsOf } from '../metric-lists.ts';

/** How a format writes a row of such columns. */
export type RowOf = (columns: readonly Column[]) => RowTemplate;

/** A list of an export: groups of some dimensions with one metric. */
export interface ExportListPlan {
  /** As in a stats result: the metric, `_by_`, the dimensions. */
  readonly name: string;
  /** Its dimensions' name, by which `group_counts` knows it. */
  readonly groupName: string;
  readonly metric: MetricName;
  readonly columns: readonly Column[];
  /** Time's own list has a row for every bucket; ClickHouse knows only those with clicks. */
  readonly isTime: boolean;
}

/** The lists of an export, in order. */
export function exportLists(query: StatsQuery): readonly ExportListPlan[] {
  return listsOf(query).flatMap((list) =>
    query.metrics.map((metric): ExportListPlan => {
      const groupName = list.dimensions.join('_');
      return {
        name: `${metric}_by_${groupName}`,
        groupName,
        metric,
        columns: [
          ...list.dimensions.flatMap((name) => columnsOf(name, query)),
          ...(query.other === true && !isTimeList(list) ? [OTHER] : []),
          ...metricColumns(metric),
          ...(query.previous === undefined ? [] : comparedColumns(metric)),
        ],
        isTime: isTimeList(list),
      };
    }),
  );
}

function metricColumns(name: MetricName): readonly Column[] {
  const { kind, empty, hasPercentage } = metricOf(name);
  const own = { name, kind: kind === 'instant' ? 'plain' : 'number', isNullable: empty === null } as const;
  return hasPercentage ? [own, { name: percentageOf(name), kind: 'number' }] : [own];
}

/** What the metric was in the period compared with, and how it has changed. */
function comparedColumns(name: MetricName): readonly Column[] {
  const kind = metricOf(name).kind === 'instant' ? 'plain' : 'number';
  return [
    { name: 'previous', kind, isNullable: true },
    { name: 'change', kind: 'number', isNullable: true },
  ];
}

/** Whether a row is of the groups together that a limit cuts off. */
const OTHER: Column = { name: 'other', kind: 'flag', isNullable: true };

function columnsOf(name: DimensionName, { other = false }: StatsQuery): readonly Column[] {
  if (name !== 'time') return [{ name, kind: 'text', ...(other ? { isNullable: true } : {}) }];
  return [
    { name, kind: 'plain' },
    { name: 'bucket_start', kind: 'plain' },
  ];
}
