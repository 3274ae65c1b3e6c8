import { AppError } from '../../errors.ts';
import { MAX_GROUPED_PROPERTIES, isPropertyName } from '../registry/properties.ts';
import { goesWith } from '../registry/dimension-names.ts';
import { type TimeRange, hasMoreBuckets } from '../time/buckets.ts';
import { type RawParameters, valueOf } from './raw-parameters.ts';
import type { StatsRequest } from '../request.ts';
import type { StatsQuery } from '../query.ts';
import { MAX_BUCKETS } from './values.ts';

/** What must hold between parameters that are each right by themselves. */
interface Rule<Subject> {
  readonly code: AppError['code'];
  /** The parameter that the error names. */
  readonly field: string;
  /** The sentence to refuse with; undefined where the rule holds. */
  readonly check: (subject: Subject) => string | undefined;
}

/** A request, and the parameters that it was parsed from. */
interface Parsed {
  readonly request: StatsRequest;
  readonly raw: RawParameters;
}

/** Checks for every request, of stats and exports. */
export const REQUEST_RULES: readonly Rule<Parsed>[] = [
  {
    code: 'validation_error',
    field: 'group_by',
    check: ({ request: { groupBy, subject } }) => {
      const wrong = groupBy.find((name) => !goesWith(name, subject.scope));
      return wrong && `group_by cannot be ${wrong} with scope=${subject.scope}, which is about one URL.`;
    },
  },
  {
    code: 'validation_error',
    field: 'group_by',
    check: ({ request: { groupBy } }) =>
      groupBy.filter(isPropertyName).length > MAX_GROUPED_PROPERTIES
        ? `group_by can have at most ${MAX_GROUPED_PROPERTIES} properties.`
        : undefined,
  },
  {
    code: 'validation_error',
    field: 'owner_id',
    check: ({ request: { subject }, raw }) =>
      subject.scope === 'anon' && valueOf(raw, 'owner_id') !== undefined
        ? 'owner_id goes with scope=all only.'
        : undefined,
  },
];

/** Checks for stats requests, whose results have a bounded size. */
export const RESULT_RULES: readonly Rule<StatsQuery>[] = [
  {
    code: 'validation_error',
    field: 'interval',
    check: (query) =>
      hasTooManyBuckets(query, query.range)
        ? `The range has more than ${MAX_BUCKETS} buckets of that interval: take a longer one.`
        : undefined,
  },
];

/** Checks for `compare` with two dates. (Any other period is as long as the range.) */
export const COMPARED_RULES: readonly Rule<StatsQuery>[] = [
  {
    code: 'validation_error',
    field: 'compare',
    check: (query) =>
      query.previous && hasTooManyBuckets(query, query.previous)
        ? `compare has more than ${MAX_BUCKETS} buckets of that interval: take a longer one.`
        : undefined,
  },
];

function hasTooManyBuckets({ groupBy, interval, timezone }: StatsQuery, range: TimeRange): boolean {
  return groupBy.includes('time') && hasMoreBuckets(interval, range, timezone, MAX_BUCKETS);
}

/** @throws AppError for the first rule that does not hold */
export function checkRules<Subject>(rules: readonly Rule<Subject>[], subject: Subject): void {
  for (const { code, field, check } of rules) {
    const message = check(subject);
    if (message !== undefined) throw new AppError(code, message, { field });
  }
}
