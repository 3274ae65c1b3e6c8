import { z } from 'zod';
import { mapEntries } from '../../lib/names.ts';
import { METRIC_NAMES, metricOf } from '../../stats/registry/metrics.ts';
import { RATES, type Summary, isSummary } from '../../stats/registry/summary.ts';
import { decimal, metricSchema, percent } from './metric-schemas.ts';

export const summary = z
  .strictObject(summaryShape())
  .describe('Totals of all clicks that match, whether the lists show them or not.');

type SummaryShape = {
  readonly [Name in keyof Summary]-?: Partial<Pick<Summary, Name>> extends Pick<Summary, Name>
    ? z.ZodExactOptional<z.ZodType<Required<Summary>[Name]>>
    : z.ZodType<Summary[Name]>;
};

function summaryShape(): SummaryShape {
  const shape = Object.fromEntries(
    METRIC_NAMES.map((name) => {
      const { total, description, inSummary } = metricOf(name);
      const value = metricSchema(name).describe(description);
      return [total, inSummary === 'always' ? value : value.exactOptional()] as const;
    }),
  );
  if (!isSummaryShape(shape)) throw new Error('The summary lacks a number.');
  return shape;
}

function isSummaryShape(shape: object): shape is SummaryShape {
  return isSummary(shape, METRIC_NAMES);
}

export const computedMetrics = z
  .strictObject(
    mapEntries(RATES, (name) =>
      (RATES[name].isPercentage ? percent : decimal).describe(RATES[name].description),
    ),
  )
  .describe('Only where there are clicks.');
