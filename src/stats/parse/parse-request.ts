import { invalid, notOneOf } from '../../errors.ts';
import type { Subject } from '../query.ts';
import { DEFAULT_GROUP_BY, DIMENSION_NAMES, type DimensionName } from '../registry/dimension-names.ts';
import { DEFAULT_METRICS, METRIC_NAMES } from '../registry/metrics.ts';
import { isPropertyName } from '../registry/properties.ts';
import type { StatsRequest } from '../request.ts';
import { parseChoices, parseNames } from './choices.ts';
import { parseCompare } from './compare.ts';
import { parseRange, parseTimeZone } from './requested-range.ts';
import { parseFilters } from './filter-parameters.ts';
import { type RawParameters, nameOf, splitList, valueOf, valuesOf } from './raw-parameters.ts';
import { REQUEST_RULES, checkRules } from './rules.ts';
import { parseSort } from './sort.ts';
import { SCOPES_OF_STATS } from './values.ts';

/** Segments that a request may name. */
const MAX_SEGMENTS = 10;

export interface ParseContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** The time zones that ClickHouse lists; those that Node lists are known as well. */
  readonly timeZones: ReadonlySet<string>;
  /** Unix milliseconds; undefined: clicks are kept for good. */
  readonly keptSince?: number | undefined;
  /** Whose clicks the request is about, where no parameter says so. */
  readonly subject?: Subject | undefined;
  /** The dimensions of a request that names none. */
  readonly groupBy?: readonly DimensionName[] | undefined;
}

/**
 * Parses a request from its query string; which parameters it may have is for the route to say.
 * @throws AppError `validation_error`, with the parameter as its field: 422 where a closed set was missed, else 400
 */
export function parseStatsRequest(raw: RawParameters, context: ParseContext): StatsRequest {
  const { now, timeZones, keptSince, subject = parseSubject(raw) } = context;
  const groupBy = parseNames<DimensionName>(
    raw,
    'group_by',
    DIMENSION_NAMES,
    context.groupBy ?? DEFAULT_GROUP_BY,
    isPropertyName,
  );
  const chosen = parseNames(raw, 'metrics', METRIC_NAMES, DEFAULT_METRICS);
  const timezone = parseTimeZone(valueOf(raw, 'timezone') ?? 'UTC', timeZones);
  const { breakdown, ...chosenOnes } = parseChoices(raw);
  const request: StatsRequest = {
    subject,
    ...parseRange(raw, timezone, now),
    groupBy,
    metrics: METRIC_NAMES.filter((name) => chosen.includes(name)),
    timezone,
    breakdown: breakdown === undefined ? groupBy.length === 2 : breakdown === 'true',
    filters: parseFilters(raw, subject.scope),
    sort: parseSort(raw, groupBy),
    segments: parseSegments(raw),
    compare: parseCompare(raw, timezone, now),
    keptSince,
    ...chosenOnes,
  };
  checkRules(REQUEST_RULES, { request, raw });
  return request;
}

/** @throws AppError 400 for more than a request may name */
function parseSegments(raw: RawParameters): readonly string[] {
  const names = [...new Set(valuesOf(raw, 'segment').flatMap(splitList))];
  if (names.length <= MAX_SEGMENTS) return names;
  throw invalid('segment', `A request names at most ${MAX_SEGMENTS} segments.`);
}

function parseSubject(raw: RawParameters): Subject {
  const scope = valueOf(raw, 'scope')?.toLowerCase() ?? 'all';
  if (scope === 'all') return { scope, ownerId: nameOf(raw, 'owner_id') };
  if (scope !== 'anon') throw notOneOf('scope', SCOPES_OF_STATS);
  const shortCode = nameOf(raw, 'short_code');
  if (shortCode === undefined) throw invalid('short_code', 'short_code is required with scope=anon.');
  return { scope, shortCode };
}
