import { z } from 'zod';
import { invalidBy, notOneOf } from '../../errors.ts';
import { INTERVAL_NAMES, DEFAULT_WEEK_START, WEEK_STARTS } from '../registry/intervals.ts';
import { type RawParameters, splitList, valueOf } from './raw-parameters.ts';
import { BOT_CHOICES, MAX_LIMIT, MAX_OFFSET } from './values.ts';

/** Parameters that are one of a few. */
export const choices = z.object({
  breakdown: z.enum(['true', 'false'], 'must be true or false').optional(),
  bots: z.enum(BOT_CHOICES, `must be one of: ${BOT_CHOICES.join(', ')}`).default('include'),
  interval: z.enum(INTERVAL_NAMES, `must be one of: ${INTERVAL_NAMES.join(', ')}`).optional(),
  week_start: z.enum(WEEK_STARTS, `must be one of: ${WEEK_STARTS.join(', ')}`).default(DEFAULT_WEEK_START),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 1 to 10000')
    .transform(Number)
    .pipe(z.number().min(1, 'must be at least 1').max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`))
    .optional(),
  offset: z
    .string()
    .regex(/^\d{1,10}$/, `must be a whole number from 0 to ${MAX_OFFSET}`)
    .transform(Number)
    .pipe(z.number().max(MAX_OFFSET, `must be at most ${MAX_OFFSET}`))
    .default(0),
  other: z.enum(['true', 'false'], 'must be true or false').default('false'),
});

/** @throws AppError 400 for a value that is not among those of its parameter */
export function parseChoices(raw: RawParameters) {
  const given = Object.fromEntries(Object.keys(choices.shape).map((name) => [name, valueOf(raw, name)]));
  const parsed = choices.safeParse(given);
  if (parsed.success) {
    const { breakdown, bots, interval, week_start: weekStart, limit, offset, other } = parsed.data;
    return {
      breakdown,
      bots,
      interval,
      weekStart,
      limit,
      ...(offset === 0 ? {} : { offset }),
      ...(other === 'true' ? { other: true } : {}),
    };
  }
  throw invalidBy(parsed.error);
}

/**
 * The names in a list, each once.
 * @param isFurther whether a name is allowed that is not listed
 * @throws AppError 422 for one that is not allowed
 */
export function parseNames<Name extends string>(
  raw: RawParameters,
  field: string,
  allowed: readonly Name[],
  fallback: readonly Name[],
  isFurther: (name: string) => name is Name = (name): name is Name => allowed.some((one) => one === name),
): readonly Name[] {
  const names = splitList(valueOf(raw, field) ?? '');
  if (names.length === 0) return fallback;
  const known = names.map(
    (name) => allowed.find((one) => one === name) ?? (isFurther(name) ? name : undefined),
  );
  if (known.includes(undefined)) throw notOneOf(field, allowed);
  return [...new Set(known.filter((name) => name !== undefined))];
}
