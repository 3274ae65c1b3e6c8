import type { FilterName } from '../stats/registry/dimensions.ts';
import { parseReferrerFilter } from '../lib/referrer.ts';
import { countryName } from './format.ts';

/** Whether a filter's value matches a row of its list: the API also accepts countries by name and referrers by host. */
export function matchesFilter(name: FilterName, wanted: string, row: string): boolean {
  if (wanted === row) return true;
  if (name === 'country') return wanted.trim().toLowerCase() === countryName(row).toLowerCase();
  if (name !== 'referrer') return false;
  const filter = parseReferrerFilter(wanted);
  if (filter.kind === 'url') return filter.url === row;
  return filter.kind === 'host' && /^https?:\/\/([^/]*)/.exec(row)?.[1] === filter.host;
}
