import { FILTER_NAMES, type FilterName, type RegisteredFilter } from '../stats/registry/dimension-names.ts';
import { DIMENSION_WORDS } from '../stats/registry/words.ts';
import type { View } from './address.ts';
import type { Subject } from './subject.ts';
import { dimensionText } from './labels.ts';

/** What the map shows; undefined: no dimension is of countries. */
export const MAP_DIMENSION = FILTER_NAMES.find((name) => DIMENSION_WORDS[name].shownAs === 'country');

/** Those with long values come first, in the wide places, and the map's beside it. */
const OVERVIEW = FILTER_NAMES.filter((name) => DIMENSION_WORDS[name].place === 'overview').toSorted(
  (one, other) => rankOf(one) - rankOf(other),
);

function rankOf(name: RegisteredFilter): number {
  if (DIMENSION_WORDS[name].length === 'long') return 0;
  return name === MAP_DIMENSION ? 1 : 2;
}

/** Lists below the map. */
const BELOW_MAP = 4;

/** The dimensions that a view has a list of, in their places. */
export function listsOf(
  { lists = OVERVIEW }: Pick<View, 'lists'>,
  { scope }: Subject,
): readonly FilterName[] {
  const shown = lists.filter((name) => goesWith(name, scope));
  return shown.length === 0 ? OVERVIEW.filter((name) => goesWith(name, scope)) : shown;
}

/** Whether a dimension can be asked for with a scope. */
export function goesWith(name: FilterName, scope: Subject['scope']): boolean {
  return ['any', scope].includes(dimensionText(name).scope);
}

/** How many of the lists, the first ones, are in the wide places above the map: at most two. */
export function wideLists(lists: readonly FilterName[]): number {
  return Math.min(2, Math.max(0, lists.length - BELOW_MAP));
}

/** The view with a dimension in a place of its lists. One that has a list already changes places. */
export function withList(view: View, subject: Subject, place: number, name: FilterName): View {
  const shown = listsOf(view, subject);
  const lists = shown.map((one, index) =>
    index === place ? name : one === name ? (shown[place] ?? one) : one,
  );
  const isOverview = lists.every((one, index) => one === listsOf({ lists: undefined }, subject)[index]);
  return { ...view, lists: isOverview ? undefined : lists };
}
