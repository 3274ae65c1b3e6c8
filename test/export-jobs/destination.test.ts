import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { type Destination, destinationsSetting, ownerPrefix } from '../../src/export-jobs/destination.ts';

const ONE = {
  endpoint: 'https://s3.example.com',
  bucket: 'exports',
  region: 'eu-central-1',
  prefix: '/spoor/',
  access_key_id: 'the-id',
  secret_access_key: 'the-secret',
};

const parsed = (value: unknown) => destinationsSetting.safeParse(JSON.stringify(value));

function destinationOf(value: object): Destination {
  const found = destinationsSetting.parse(JSON.stringify({ one: value })).get('one');
  if (found === undefined) throw new Error('No destination.');
  return found;
}

test('destinations are read by their names', () => {
  const { prefix, region, secretAccessKey } = destinationOf(ONE);
  expect([prefix, region, secretAccessKey]).toEqual(['spoor', 'eu-central-1', 'the-secret']);
});

test.each([
  ['text', 'not JSON'],
  ['a list', [ONE]],
  ['a name with a blank', { 'a b': ONE }],
  ['no bucket', { one: { ...ONE, bucket: undefined } }],
  ['a path in the endpoint', { one: { ...ONE, endpoint: 'https://s3.example.com/x' } }],
  ['credentials in the endpoint', { one: { ...ONE, endpoint: 'https://a:b@s3.example.com' } }],
  ['a prefix that leads elsewhere', { one: { ...ONE, prefix: 'a/../b' } }],
  ['an unknown field', { one: { ...ONE, nonsense: 1 } }],
])('%s is refused without a secret in the message', (_, value) => {
  const { success, error } = parsed(value);
  expect(success).toBe(false);
  expect(error?.message).not.toMatch(/the-secret|the-id/);
});

test("no owner's files lie within another's, whatever their names are", () => {
  const names = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.constantFrom('..', '.', '/', 'a/b', 'a', 'a_2F', 'a%2F', '_', '__', 'Ä', 'a b'),
    fc.string({ minLength: 1, unit: fc.constantFrom('_', '/', '.', '2', 'F', 'a') }),
  );
  const destination = destinationOf(ONE);
  fc.assert(
    fc.property(names, names, (a, b) => {
      const [one, other] = [ownerPrefix(destination, a), ownerPrefix(destination, b)];
      expect(one).toMatch(/^spoor\/[A-Za-z0-9_-]+\/$/);
      // Lone surrogates are no names of owners, and equal bytes.
      if (!Buffer.from(a).equals(Buffer.from(b))) expect(one.startsWith(other)).toBe(false);
    }),
  );
});
