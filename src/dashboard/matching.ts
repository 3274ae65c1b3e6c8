import type { FilterName } from '../stats/registry/dimension-names.ts';
import { parseReferrerFilter } from '../lib/referrer.ts';
import { countryName } from './format.ts';

/** Whether a filter's value matches a row of its list: the API also accepts countries by name and referrers by host. */
export function matchesFilter(name: FilterName, wanted: string, row: string): boolean {
  if (wanted === row) return true;
  if (name === 'country') return [row, countryName(row)].some((one) => isSameName(one, wanted));
  if (name !== 'referrer') return false;
  const filter = parseReferrerFilter(wanted);
  if (filter.kind === 'referrers') return filter.referrers.includes(row);
  return filter.hosts.includes(/^[^:/]+:\/\/([^/]+)/.exec(row)?.[1] ?? '');
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.trim().toLowerCase();
}
