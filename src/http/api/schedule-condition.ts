import { z } from 'zod';
import type { Condition } from '../../schedules/condition.ts';
import { MEASURED } from './schedule-schemas.ts';

const PERCENT = /^[+-](?:\d{1,6})(?:\.\d{1,3})?%$/;
const ONE_BOUND = 'must have one of: over, under, change';

/** Parses a condition as it is sent. */
export const conditionSchema = z
  .strictObject({
    metric: z.enum(MEASURED, `must be one of: ${MEASURED.join(', ')}`).default('clicks'),
    over: z.number('must be a number').optional(),
    under: z.number('must be a number').optional(),
    change: z
      .string('must be a percentage such as "-50%"')
      .regex(PERCENT, 'must be a percentage such as "-50%"')
      .refine((text) => Number.parseFloat(text) !== 0, 'must not be 0%')
      .refine((text) => Number.parseFloat(text) >= -100, 'must not be below -100%')
      .optional(),
    against: z.literal('previous', 'must be previous').optional(),
  })
  .refine(
    ({ over, under, change }) => [over, under, change].filter((bound) => bound !== undefined).length === 1,
    ONE_BOUND,
  )
  .refine(
    ({ change, against }) => change !== undefined || against === undefined,
    'has against only with change',
  )
  .transform(({ metric, over, under, change }): Condition => {
    if (change !== undefined) return { kind: 'change', metric, percent: Number.parseFloat(change) };
    return over === undefined
      ? { kind: 'under', metric, bound: under ?? 0 }
      : { kind: 'over', metric, bound: over };
  });
