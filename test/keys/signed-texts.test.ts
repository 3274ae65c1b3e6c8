import { expect, test } from '@jest/globals';
import { SignedTexts } from '../../src/keys/signed-texts.ts';

const texts = new SignedTexts('a secret');

test.each(['', 'a', '{"time":1}', '🦊 \u0000 é'])(
  '%j comes back as it was signed, on every instance',
  (text) => {
    const signed = texts.sign(text, 'cursors', 'me');
    expect(signed).toMatch(/^[\w-]+$/);
    expect(new SignedTexts('a secret').read(signed, 'cursors', 'me')).toBe(text === '' ? undefined : text);
  },
);

test('a text is good for its purpose, its secret and its spelling alone', () => {
  const signed = texts.sign('text', 'cursors', 'me');
  expect(texts.read(signed, 'files', 'me')).toBeUndefined();
  expect(texts.read(signed, 'cursors', 'you')).toBeUndefined();
  expect(texts.read(signed, 'cursorsme')).toBeUndefined();
  expect(new SignedTexts('another').read(signed, 'cursors', 'me')).toBeUndefined();
  for (let place = 0; place < signed.length; place++) {
    const changed = `${signed.slice(0, place)}${signed[place] === 'A' ? 'B' : 'A'}${signed.slice(place + 1)}`;
    expect(texts.read(changed, 'cursors', 'me')).toBeUndefined();
    expect(texts.read(signed.slice(0, place), 'cursors', 'me')).toBeUndefined();
  }
  for (const other of [`${signed}A`, `${signed}=`, ` ${signed}`, 'not a signed text']) {
    expect(texts.read(other, 'cursors', 'me')).toBeUndefined();
  }
});
