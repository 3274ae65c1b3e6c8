import type { FilterName } from '../stats/registry/dimension-names.ts';
import { INTERVAL_NAMES, type IntervalName } from '../stats/registry/intervals.ts';
import { RANGE_NAMES, type RangeName } from '../stats/registry/ranges.ts';
import { namesOf } from '../lib/names.ts';
import { splitList } from '../stats/parse/raw-parameters.ts';
import { BOT_CHOICES, COMPARE_CHOICES, MATCH_CHOICES } from '../stats/parse/values.ts';
import { type AddressFilters, parseAddressFilters, writeAddressFilters } from './address-filters.ts';
import { isFilterName } from './labels.ts';
import { DEFAULT_PERIOD, PERIOD_NAMES, type PeriodName } from './period-choices.ts';

export type BotChoice = (typeof BOT_CHOICES)[number];

/** The period of a view: relative to now, or two dates of which one may be missing. */
export type Period =
  | { readonly kind: 'relative'; readonly name: PeriodName }
  /** As the API names them. */
  | { readonly kind: 'named'; readonly name: RangeName }
  /** Dates and times in the API's syntax. */
  | { readonly kind: 'fixed'; readonly start: string | undefined; readonly end: string | undefined };

/** The longest address that can be opened again: what the server takes of a request line, less the headers that go with it. */
export const MAX_ADDRESS_BYTES = 122_880;

/** The address of a view that is compared with nothing has this in place of what the API compares with. */
export const NO_COMPARE = 'none';

/** Everything that determines what the page shows. */
export interface View extends AddressFilters {
  /** `anon`: one link, also if there is a key. */
  readonly scope: 'all' | 'anon';
  readonly ownerId: string | undefined;
  readonly period: Period;
  /** What the period is compared with, in the API's syntax, or `NO_COMPARE`. */
  readonly compare: string;
  /** Whether the other period begins on the same day of the week. */
  readonly matchesWeekdays: boolean;
  /** undefined: the server chooses it by the range. */
  readonly interval: IntervalName | undefined;
  readonly timezone: string;
  readonly bots: BotChoice;
  /** Names of stored filters, which hold as well. */
  readonly segments: readonly string[];
  /** The dimensions that have a list; undefined: those of the overview. */
  readonly lists: readonly FilterName[] | undefined;
}

/** Parameters with a few values. */
const CHOICES: Readonly<Record<'period' | 'range' | 'interval' | 'bots', readonly string[]>> = {
  period: PERIOD_NAMES,
  range: RANGE_NAMES,
  interval: INTERVAL_NAMES,
  bots: BOT_CHOICES,
};

/**
 * Parses the query string of the page's address, ignoring parameters that are unknown. What the page cannot read of those that say
 * which clicks are counted, and when, is left for the server to refuse: without it the page would show others than the address says.
 * @param ownZone the time zone if the address names none
 */
export function parseAddress(search: string, ownZone: string): View {
  const given = new URLSearchParams(search);
  const one = (name: string): string | undefined => given.get(name) || undefined;
  const list = (name: string): readonly string[] => [...new Set(given.getAll(name).flatMap(splitList))];
  const lists = list('group_by').filter(isFilterName);
  const { filters, unread } = parseAddressFilters(given);
  const unknown = namesOf(CHOICES).flatMap((name) =>
    given
      .getAll(name)
      .filter((text) => text.trim() !== '' && !CHOICES[name].includes(text))
      .map((text) => [name, text] as const),
  );
  return {
    scope: one('scope') === 'anon' ? 'anon' : 'all',
    ownerId: one('owner_id'),
    period: parsePeriod(one),
    compare: one('compare') ?? COMPARE_CHOICES[0],
    matchesWeekdays: one('match') === MATCH_CHOICES[0],
    interval: INTERVAL_NAMES.find((name) => name === one('interval')),
    timezone: one('timezone') ?? ownZone,
    bots: BOT_CHOICES.find((choice) => choice === one('bots')) ?? BOT_CHOICES[0],
    filters,
    unread: [...unread, ...unknown],
    segments: list('segment'),
    lists: lists.length === 0 ? undefined : lists,
  };
}

function parsePeriod(one: (name: string) => string | undefined): Period {
  const [start, end] = [one('start_date'), one('end_date')];
  if (start !== undefined || end !== undefined) return { kind: 'fixed', start, end };
  const range = RANGE_NAMES.find((known) => known === one('range'));
  if (range !== undefined) return { kind: 'named', name: range };
  return { kind: 'relative', name: PERIOD_NAMES.find((known) => known === one('period')) ?? DEFAULT_PERIOD };
}

/** The query string of a view, without `?`. Parameters are named as in the API. */
export function writeAddress(view: View): string {
  const { scope, ownerId, period, compare, interval, timezone, bots, segments, lists = [] } = view;
  const written = new URLSearchParams();
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) written.append(name, value);
  };
  if (scope === 'anon') add('scope', scope);
  for (const [name, value] of writeAddressFilters(view)) add(name, value);
  add('segment', joinList(segments));
  if (period.kind === 'fixed') {
    add('start_date', period.start);
    add('end_date', period.end);
  } else if (period.kind === 'named') add('range', period.name);
  else if (period.name !== DEFAULT_PERIOD) add('period', period.name);
  if (compare !== COMPARE_CHOICES[0]) add('compare', compare);
  if (view.matchesWeekdays) add('match', MATCH_CHOICES[0]);
  add('interval', interval);
  add('timezone', timezone);
  if (bots !== BOT_CHOICES[0]) add('bots', bots);
  add('owner_id', ownerId);
  add('group_by', joinList(lists));
  return written.toString();
}

/** Names as one text, in which a comma of a name has a backslash; undefined without any. */
export function joinList(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.map((name) => name.replaceAll(',', '\\,')).join(',');
}
