import type { View } from './address.ts';
import { namedLinks, withoutNamedLinks } from './filtering.ts';

/** Whose clicks the page shows: the owner's, or one link's. */
export type Subject =
  | { readonly scope: 'all' }
  /** One link, which may be public. */
  | { readonly scope: 'anon'; readonly shortCode: string };

/** Whose clicks a view shows; undefined if it needs a key. */
export function subjectOf(view: View, isSignedIn: boolean): Subject | undefined {
  const [shortCode, ...others] = namedLinks(view);
  if (isSignedIn && view.scope === 'all') return { scope: 'all' };
  return shortCode === undefined || others.length > 0 ? undefined : { scope: 'anon', shortCode };
}

/** The view without what makes it one of its subject: its filters are then those that narrow it. */
export function besideSubject(view: View, { scope }: Subject): View {
  return scope === 'anon' ? withoutNamedLinks(view) : view;
}

/** The view of the same subject without any filter. */
export function withoutFilters(view: View, subject: Subject): View {
  const narrowing = besideSubject(view, subject).filters;
  const filters = view.filters.filter((filter) => !narrowing.includes(filter));
  return { ...view, filters, unread: [], segments: [] };
}

/** Whether something narrows the view of its subject. */
export function isNarrowed(view: View, subject: Subject): boolean {
  return besideSubject(view, subject).filters.length + view.unread.length + view.segments.length > 0;
}
