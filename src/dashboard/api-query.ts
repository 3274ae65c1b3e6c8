import { DIMENSION_NAMES } from '../stats/registry/dimension-names.ts';
import { INTERVALS, type Interval } from '../stats/registry/intervals.ts';
import { filterForm } from '../stats/parse/filter-form.ts';
import { MATCH_CHOICES } from '../stats/parse/values.ts';
import { DAY } from '../lib/calendar.ts';
import type { ExportFormatName } from '../export/formats.ts';
import { NO_COMPARE, type View, joinList } from './address.ts';
import { type Subject, besideSubject, withoutFilters } from './subject.ts';
import { MAP_DIMENSION, listsOf } from './shown-lists.ts';
import { type StatsResult, endsNow, intervalNameOf } from './result-types.ts';
import { EARLIEST, PERIODS, startOf } from './period-choices.ts';

/** Groups requested for each list; more than there are countries. */
const SHOWN_GROUPS = 250;

/**
 * The parameters of a view's stats request.
 * @param now Unix milliseconds
 * @param oldest the start of a view of all time, once it is known
 */
export function statsParameters(view: View, subject: Subject, now: number, oldest?: string): URLSearchParams {
  const { compare, matchesWeekdays } = view;
  const parameters = commonParameters(view, subject);
  for (const [name, value] of periodParameters(view, now, oldest))
    if (value !== undefined) parameters.set(name, value);
  parameters.set('limit', String(SHOWN_GROUPS));
  if (compare !== NO_COMPARE && isComparable(view)) {
    parameters.set('compare', compare);
    if (matchesWeekdays) parameters.set('match', MATCH_CHOICES[0]);
  }
  return parameters;
}

function periodParameters(
  { period, timezone, interval }: View,
  now: number,
  oldest: string | undefined,
): readonly (readonly [name: string, value: string | undefined])[] {
  if (period.kind === 'named') return [['range', period.name]];
  if (period.kind === 'fixed')
    return [
      ['start_date', period.start],
      ['end_date', period.end],
    ];
  if (period.name === 'all') return [['start_date', oldest ?? EARLIEST]];
  return [['start_date', startOf(period.name, timezone, now) ?? ownStart(interval, now)]];
}

/** Whether a period lies before the view's that it can be compared with. */
function isComparable({ period }: View): boolean {
  if (period.kind === 'relative') return PERIODS[period.name].isComparable;
  return period.kind === 'fixed' || period.name !== 'all';
}

/** The start of seven days where the API's default is another because of the interval. */
function ownStart(interval: View['interval'], now: number): string | undefined {
  if (interval === undefined) return undefined;
  const { default_range: range }: Interval = INTERVALS[interval];
  return range === undefined ? undefined : new Date(now - 7 * DAY).toISOString();
}

/** The parameters of a stats request that finds the oldest click, whatever the filters. */
export function oldestParameters(view: View, subject: Subject): URLSearchParams {
  const all = withoutFilters({ ...view, interval: undefined, bots: 'include' }, subject);
  const parameters = commonParameters(all, subject);
  parameters.set('start_date', EARLIEST);
  parameters.set('group_by', 'browser');
  parameters.set('metrics', 'clicks');
  parameters.set('limit', '1');
  return parameters;
}

/**
 * The parameters of an export of the shown statistics: the same clicks, to the millisecond, and every group. Of a range that
 * ended when the statistics were made, its end is left out, since only a range that ends now has the clicks that are a little
 * ahead, which the page counts; the file then also has those that have come since.
 */
export function exportParameters(
  view: View,
  subject: Subject,
  result: StatsResult,
  format: ExportFormatName,
): URLSearchParams {
  const { time_range: range } = result;
  // The server would choose by the length of the range, which has grown where its end is left out.
  const parameters = commonParameters({ ...view, interval: intervalNameOf(result) }, subject);
  parameters.set('start_date', range.start_date);
  if (!endsNow(result)) parameters.set('end_date', range.end_date);
  parameters.set('format', format);
  return parameters;
}

export function isAllTime({ period }: View): boolean {
  return period.kind !== 'fixed' && period.name === 'all';
}

function commonParameters(view: View, subject: Subject): URLSearchParams {
  const { ownerId, interval, timezone, bots, unread, segments } = view;
  const { filters } = besideSubject(view, subject);
  const ofMap = MAP_DIMENSION === undefined ? [] : [MAP_DIMENSION];
  const shown = new Set<string>(['time', ...ofMap, ...listsOf(view, subject)]);
  // In the registry's order, whichever list is where: the same question then has the same answer in the cache.
  const groupBy = [...DIMENSION_NAMES.filter((name) => shown.delete(name)), ...shown];
  const parameters = new URLSearchParams({ scope: subject.scope });
  if (subject.scope === 'anon') parameters.set('short_code', subject.shortCode);
  else if (ownerId !== undefined) parameters.set('owner_id', ownerId);
  parameters.set('group_by', joinList(groupBy) ?? '');
  parameters.set('breakdown', 'false');
  parameters.set('timezone', timezone);
  if (interval !== undefined) parameters.set('interval', interval);
  if (bots !== 'include') parameters.set('bots', bots);
  if (filters.length > 0) parameters.set('filters', JSON.stringify(filterForm(filters)));
  for (const [name, text] of unread) parameters.append(name, text);
  const segment = joinList(segments);
  if (segment !== undefined) parameters.set('segment', segment);
  return parameters;
}
