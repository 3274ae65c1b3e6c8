import { expect, test } from '@jest/globals';
import { pageAddress } from '../../src/cli/page-address.ts';
import { parseAddress } from '../../src/dashboard/address.ts';

const RANGE = { start: '2026-01-24T00:00:00.000Z', end: '2026-01-31T09:59:59.999Z' };

test.each(['*', 'me', 'ACME & sons + 100%', "o'wen\\#?=", 'Ünïcode 🦊'])(
  'the page shows the clicks of the owner %j in the range',
  (owner) => {
    const address = new URL(pageAddress('http://127.0.0.1:8080', { owner, ...RANGE }));
    expect(address.origin + address.pathname).toBe('http://127.0.0.1:8080/');
    expect(parseAddress(address.search, 'Asia/Tokyo')).toEqual({
      ...parseAddress('', 'Asia/Tokyo'),
      ownerId: owner,
      period: { kind: 'fixed', ...RANGE },
    });
    // Nothing in it ends at a blank or a quote in a terminal.
    expect(address.href).not.toMatch(/[\s'"]/);
  },
);
