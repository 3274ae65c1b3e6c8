import { expect, test } from '@jest/globals';
import { parseAddress } from '../../src/dashboard/address.ts';
import { type CurrentKey, beginningView } from '../../src/dashboard/page-key.ts';

const keyWith = (...scopes: CurrentKey['scopes']): CurrentKey => ({
  id: 'a',
  owner_id: 'me',
  scopes,
  rate_limit: 'standard',
});
const ADMIN = keyWith('admin:all');
const OTHER = keyWith('stats:read', 'clicks:write');

test.each([
  ['an administrator begins with every owner', ADMIN, '', '*'],
  ['an administrator’s owner stays', ADMIN, 'owner_id=acme', 'acme'],
  ['also the administrator’s own one', ADMIN, 'owner_id=me', 'me'],
  ['a public link has no owner', ADMIN, 'scope=anon&short_code=a', undefined],
  ['another key begins with its own clicks', OTHER, '', undefined],
  ['every owner is what it may see', OTHER, 'owner_id=*', undefined],
  ['its own owner needs no name', OTHER, 'owner_id=me', undefined],
  ['another owner stays, and is refused', OTHER, 'owner_id=acme', 'acme'],
])('%s', (_, key, search, ownerId) => {
  const view = parseAddress(`${search}&browser=Chrome&period=30d`, 'UTC');
  const begun = beginningView(view, key);
  expect(begun).toEqual({ ...view, ownerId });
  // It does not begin again, and what need not change is the same view.
  expect(beginningView(begun, key)).toBe(begun);
});

test('without a key a view stays as it is', () => {
  const view = parseAddress('owner_id=*', 'UTC');
  expect(beginningView(view, undefined)).toBe(view);
});
