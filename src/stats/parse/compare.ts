import { invalid } from '../../errors.ts';
import type { TimeRange } from '../time/buckets.ts';
import { parseInstant } from './requested-range.ts';
import { type RawParameters, valueOf } from './raw-parameters.ts';
import { COMPARE_CHOICES, MATCH_CHOICES } from './values.ts';

/** What a request compares its range with. */
export type Compare =
  /** @property matchesWeekdays whether the period begins on the same day of the week as the range */
  | { readonly kind: (typeof COMPARE_CHOICES)[number]; readonly matchesWeekdays: boolean }
  | { readonly kind: 'range'; readonly range: TimeRange };

/**
 * What `compare` and `match` ask for; undefined: nothing.
 * @throws AppError 400 for what is neither a choice nor two dates in order that lie before now, or a `match` without use
 */
export function parseCompare(raw: RawParameters, timezone: string, now: number): Compare | undefined {
  const wanted = valueOf(raw, 'compare');
  const matchesWeekdays = parseMatch(raw);
  const kind = COMPARE_CHOICES.find((known) => known === wanted);
  if (kind !== undefined) return { kind, matchesWeekdays };
  if (matchesWeekdays) {
    throw invalid('match', `match goes with compare=${COMPARE_CHOICES.join(' or compare=')} only.`);
  }
  return wanted === undefined ? undefined : { kind: 'range', range: parsePeriod(wanted, timezone, now) };
}

function parseMatch(raw: RawParameters): boolean {
  const wanted = valueOf(raw, 'match');
  if (wanted === undefined || MATCH_CHOICES.some((known) => known === wanted)) return wanted !== undefined;
  throw invalid('match', `match must be one of: ${MATCH_CHOICES.join(', ')}.`);
}

function parsePeriod(text: string, timezone: string, now: number): TimeRange {
  const [first = '', last, ...others] = text.split('/').map((part) => part.trim());
  if (last === undefined || others.length > 0) {
    const choices = COMPARE_CHOICES.join(', ');
    throw invalid('compare', `compare must be one of: ${choices}, or two dates: 2025-01-01/2025-01-31.`);
  }
  const start = parseInstant('compare', first, timezone, 'start');
  const end = parseInstant('compare', last, timezone, 'end');
  if (start > end) throw invalid('compare', 'The first date of compare lies after the second.');
  if (end > now) throw invalid('compare', 'compare ends after now: give a period that is over.');
  return { start, end };
}
