import { FILTER_NAMES, type RegisteredFilter as FilterName } from '../stats/registry/dimensions.ts';
import { INTERVAL_NAMES, type IntervalName } from '../stats/registry/intervals.ts';
import { BOT_CHOICES } from '../stats/parse/values.ts';
import { matchesFilter } from './matching.ts';
import { DEFAULT_PERIOD, PERIOD_NAMES, type PeriodName } from './periods.ts';

/** The values of each dimension that a view is filtered by; a row is shown that has one of them. */
export type ViewFilters = { readonly [Name in FilterName]?: readonly string[] };

export type BotChoice = (typeof BOT_CHOICES)[number];

/** The period of a view: relative to now, or two dates of which one may be missing. */
export type Period =
  | { readonly kind: 'relative'; readonly name: PeriodName }
  /** Dates and times in the API's syntax. */
  | { readonly kind: 'fixed'; readonly start: string | undefined; readonly end: string | undefined };

/** Everything that determines what the page shows. */
export interface View {
  /** `anon`: one link, also if there is a key. */
  readonly scope: 'all' | 'anon';
  readonly ownerId: string | undefined;
  readonly period: Period;
  /** undefined: the server chooses it by the range. */
  readonly interval: IntervalName | undefined;
  readonly timezone: string;
  readonly bots: BotChoice;
  readonly filters: ViewFilters;
}

/**
 * Parses the query string of the page's address, ignoring what is unknown or invalid.
 * @param ownZone the time zone if the address names none
 */
export function parseAddress(search: string, ownZone: string): View {
  const given = new URLSearchParams(search);
  const one = (name: string): string | undefined => given.get(name) || undefined;
  const filters = FILTER_NAMES.map((name): [FilterName, readonly string[]] => [
    name,
    [...new Set(given.getAll(name))].filter((value) => value.trim() !== ''),
  ]);
  return {
    scope: one('scope') === 'anon' ? 'anon' : 'all',
    ownerId: one('owner_id'),
    period: parsePeriod(one('period'), one('start_date'), one('end_date')),
    interval: INTERVAL_NAMES.find((name) => name === one('interval')),
    timezone: one('timezone') ?? ownZone,
    bots: BOT_CHOICES.find((choice) => choice === one('bots')) ?? BOT_CHOICES[0],
    filters: Object.fromEntries(filters.filter(([, values]) => values.length > 0)),
  };
}

function parsePeriod(name: string | undefined, start: string | undefined, end: string | undefined): Period {
  if (start !== undefined || end !== undefined) return { kind: 'fixed', start, end };
  return { kind: 'relative', name: PERIOD_NAMES.find((known) => known === name) ?? DEFAULT_PERIOD };
}

/** The query string of a view, without `?`. Parameters are named as in the API. */
export function writeAddress(view: View): string {
  const { scope, ownerId, period, interval, timezone, bots, filters } = view;
  const written = new URLSearchParams();
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) written.append(name, value);
  };
  if (scope === 'anon') add('scope', scope);
  for (const name of FILTER_NAMES) for (const value of filters[name] ?? []) add(name, value);
  if (period.kind === 'fixed') {
    add('start_date', period.start);
    add('end_date', period.end);
  } else if (period.name !== DEFAULT_PERIOD) add('period', period.name);
  add('interval', interval);
  add('timezone', timezone);
  if (bots !== BOT_CHOICES[0]) add('bots', bots);
  add('owner_id', ownerId);
  return written.toString();
}

/** Whether one of the view's filters matches a row of the dimension's list. */
export function isFilteredBy({ filters }: View, name: FilterName, row: string): boolean {
  return (filters[name] ?? []).some((wanted) => matchesFilter(name, wanted, row));
}

/** Adds a row of a list to the filters, or removes the filters that match it. */
export function toggleFilter(view: View, name: FilterName, row: string): View {
  const values = view.filters[name] ?? [];
  const left = values.filter((wanted) => !matchesFilter(name, wanted, row));
  return withFilter(view, name, left.length < values.length ? left : [...values, row]);
}

/** The view without one value of its filters. */
export function removeFilter(view: View, name: FilterName, value: string): View {
  return withFilter(
    view,
    name,
    (view.filters[name] ?? []).filter((one) => one !== value),
  );
}

function withFilter(view: View, name: FilterName, values: readonly string[]): View {
  const filters = Object.fromEntries(
    Object.entries({ ...view.filters, [name]: values }).filter(([, list]) => list.length > 0),
  );
  return { ...view, filters };
}
