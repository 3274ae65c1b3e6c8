import { DIMENSION_NAMES, type RegisteredName, FILTER_NAMES } from '../stats/registry/dimensions.ts';
import { INTERVALS, INTERVAL_NAMES } from '../stats/registry/intervals.ts';
import { DIMENSION_WORDS } from '../stats/registry/words.ts';
import { DAY } from '../lib/calendar.ts';
import type { ExportFormatName } from '../export/formats.ts';
import type { View } from './address.ts';
import type { StatsResult } from './result-types.ts';
import { EARLIEST, PERIODS, startOf } from './periods.ts';

/** Groups requested for each list; more than there are countries. */
export const SHOWN_GROUPS = 250;

/** Whose clicks the page shows: the owner's, or one link's. */
export type Subject =
  | { readonly scope: 'all' }
  /** One link, which may be public. */
  | { readonly scope: 'anon'; readonly shortCode: string };

/** Whose clicks a view shows; undefined if it needs a key. */
export function subjectOf(view: View, isSignedIn: boolean): Subject | undefined {
  const [shortCode, ...others] = view.filters.short_code ?? [];
  if (isSignedIn && view.scope === 'all') return { scope: 'all' };
  return shortCode === undefined || others.length > 0 ? undefined : { scope: 'anon', shortCode };
}

/**
 * The parameters of a view's stats request.
 * @param now Unix milliseconds
 * @param oldest the start of a view of all time, once it is known
 */
export function statsParameters(view: View, subject: Subject, now: number, oldest?: string): URLSearchParams {
  const { period, timezone } = view;
  const parameters = commonParameters(view, subject);
  if (period.kind === 'relative') {
    const start =
      period.name === 'all'
        ? (oldest ?? EARLIEST)
        : (startOf(period.name, timezone, now) ?? ownStart(view.interval, now));
    if (start !== undefined) parameters.set('start_date', start);
  } else {
    if (period.start !== undefined) parameters.set('start_date', period.start);
    if (period.end !== undefined) parameters.set('end_date', period.end);
  }
  parameters.set('limit', String(SHOWN_GROUPS));
  if (period.kind === 'fixed' || PERIODS[period.name].isComparable) parameters.set('compare', 'previous');
  return parameters;
}

/** The start of seven days where the API's default is another because of the interval. */
function ownStart(interval: View['interval'], now: number): string | undefined {
  return interval === 'minute' ? new Date(now - 7 * DAY).toISOString() : undefined;
}

/** The parameters of a stats request that finds the oldest click, whatever the filters. */
export function oldestParameters(view: View, subject: Subject): URLSearchParams {
  const parameters = commonParameters({ ...view, interval: undefined, bots: 'include' }, subject);
  parameters.delete('filters');
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
  { time_range: range, generated_at: generatedAt, time_bucket_info: buckets }: StatsResult,
  format: ExportFormatName,
): URLSearchParams {
  // The server would choose by the length of the range, which has grown where its end is left out.
  const interval = INTERVAL_NAMES.find((name) => INTERVALS[name].strategy === buckets?.strategy);
  const parameters = commonParameters({ ...view, interval }, subject);
  parameters.set('start_date', range.start_date);
  if (Date.parse(range.end_date) !== Date.parse(generatedAt)) parameters.set('end_date', range.end_date);
  parameters.set('format', format);
  return parameters;
}

export function isAllTime({ period }: View): boolean {
  return period.kind === 'relative' && period.name === 'all';
}

function goesWith(name: RegisteredName, scope: Subject['scope']): boolean {
  return ['any', scope].includes(DIMENSION_WORDS[name].scope);
}

function commonParameters(view: View, subject: Subject): URLSearchParams {
  const { ownerId, interval, timezone, bots } = view;
  const isOneLink = subject.scope === 'anon';
  const filters = Object.fromEntries(
    FILTER_NAMES.filter((name) => goesWith(name, subject.scope) && view.filters[name] !== undefined).map(
      (name) => [name, view.filters[name]],
    ),
  );
  const groupBy = DIMENSION_NAMES.filter(
    (name) => DIMENSION_WORDS[name].place === 'overview' && goesWith(name, subject.scope),
  );
  const parameters = new URLSearchParams({ scope: subject.scope });
  if (isOneLink) parameters.set('short_code', subject.shortCode);
  else if (ownerId !== undefined) parameters.set('owner_id', ownerId);
  parameters.set('group_by', groupBy.join(','));
  parameters.set('breakdown', 'false');
  parameters.set('timezone', timezone);
  if (interval !== undefined) parameters.set('interval', interval);
  if (bots !== 'include') parameters.set('bots', bots);
  if (Object.keys(filters).length > 0) parameters.set('filters', JSON.stringify(filters));
  return parameters;
}
