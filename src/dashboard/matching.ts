import type { FilterName } from '../stats/registry/dimension-names.ts';
import { parseReferrerFilter } from '../lib/referrer.ts';
import { countryName } from './format.ts';
import { type ShownAs, dimensionText } from './labels.ts';

const never = (): boolean => false;

/** How the API takes other texts for a value than the value itself. */
const MATCHES: Readonly<Record<ShownAs, (wanted: string, row: string) => boolean>> = {
  text: never,
  language: never,
  hour: never,
  weekday: never,
  country: (wanted, row) => [row, countryName(row)].some((one) => isSameName(one, wanted)),
  address: isReferrer,
};

/** Whether a filter's value matches a row of its list: the API also accepts countries by name and referrers by host. */
export function matchesFilter(name: FilterName, wanted: string, row: string): boolean {
  return wanted === row || MATCHES[dimensionText(name).shownAs](wanted, row);
}

function isReferrer(wanted: string, row: string): boolean {
  const filter = parseReferrerFilter(wanted);
  if (filter.kind === 'referrers') return filter.referrers.includes(row);
  return filter.hosts.includes(/^[^:/]+:\/\/([^/]+)/.exec(row)?.[1] ?? '');
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.trim().toLowerCase();
}
