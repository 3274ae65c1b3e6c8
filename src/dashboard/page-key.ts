import type { CurrentKey } from '../http/api/current-key.ts';
import { hasScope, isAdmin } from '../keys/scopes.ts';
import type { View } from './address.ts';
import { hasFields } from './result-types.ts';

/** The key of the session, as the server describes it. */
export type { CurrentKey };

/** The owner in the address of a view of every owner. */
export const EVERY_OWNER = '*';

/** Whether a parsed body describes a key. */
export function isCurrentKey(body: unknown): body is CurrentKey {
  return hasFields(body, { owner_id: 'string', scopes: 'object' });
}

/** Whether a key may send clicks. */
export function maySendClicks(key: Pick<CurrentKey, 'scopes'>): boolean {
  return hasScope(key, ['clicks:write']);
}

/** Whether a key may store filters as segments. */
export function mayWriteUrls(key: Pick<CurrentKey, 'scopes'>): boolean {
  return hasScope(key, ['urls:write']);
}

/**
 * The view that a key begins with: an administrator's with every owner, another one with its own clicks also where the
 * address of an administrator's view was opened. The same view if there is nothing to change.
 */
export function beginningView(view: View, currentKey: CurrentKey | undefined): View {
  if (currentKey === undefined || view.scope !== 'all') return view;
  if (isAdmin(currentKey)) return view.ownerId === undefined ? { ...view, ownerId: EVERY_OWNER } : view;
  const isOwn = view.ownerId === EVERY_OWNER || view.ownerId === currentKey.owner_id;
  return isOwn ? { ...view, ownerId: undefined } : view;
}
