import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isPlain, parseClick, schema } from '../../src/clicks/parse-click.ts';

const text = (limit: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
    fc.integer({ min: limit - 1, max: limit + 1 }).map((length) => 'x'.repeat(length)),
    fc.integer({ min: limit - 1, max: limit + 1 }).map((length) => '😀'.repeat(length)),
  );
const strange = fc.oneof(fc.jsonValue(), fc.constantFrom(null, undefined, '', Infinity, NaN, -1, 1e291, -0));
const field = <T>(usual: fc.Arbitrary<T>) =>
  fc.option(fc.oneof({ weight: 8, arbitrary: usual }, strange), { nil: undefined });

const clicks = fc.record(
  {
    short_code: field(fc.oneof({ weight: 9, arbitrary: text(128) }, fc.constantFrom('.', '..', '...'))),
    clicked_at: field(fc.oneof(fc.string(), fc.double())),
    ip: field(fc.string()),
    user_agent: field(text(2_048)),
    referrer: field(text(2_048)),
    redirect_ms: field(fc.double()),
    country: field(text(128)),
    city: field(text(128)),
    browser: field(text(128)),
    os: field(text(128)),
    click_id: field(text(64)),
    something: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

describe('a plain click', () => {
  test('is one that the schema takes as it is', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: clicks }, strange), (value) => {
        if (!isPlain(value)) return;
        plain++;
        const parsed = schema.safeParse(value);
        expect(parsed.success).toBe(true);
        // Whatever else it has is not looked at.
        expect(value).toMatchObject(parsed.data ?? {});
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(50);
  });

  test.each([
    [{ short_code: 'a' }],
    [{ short_code: 'a', ip: '192.0.2.1', user_agent: 'Agent/1', referrer: '' }],
    [{ short_code: 'a', clicked_at: 1_700_000_000, redirect_ms: 0, user_agent: null, more: {} }],
  ])('is %j', (value) => expect(isPlain(value)).toBe(true));

  test.each([
    [undefined],
    [null],
    ['a'],
    [[]],
    [{}],
    [{ short_code: '' }],
    [{ short_code: 'a\n' }],
    [{ short_code: '.' }],
    [{ short_code: '..' }],
    [{ short_code: 'x'.repeat(129) }],
    [{ short_code: 'a', ip: 1 }],
    [{ short_code: 'a', clicked_at: Infinity }],
    [{ short_code: 'a', redirect_ms: -1 }],
    [{ short_code: 'a', redirect_ms: 1e291 }],
    [{ short_code: 'a', click_id: 'x'.repeat(65) }],
  ])('is not %j', (value) => expect(isPlain(value)).toBe(false));

  test.each(['.', '..'])('on %s is rejected, since no client can ask for it', (short_code) => {
    expect(parseClick({ short_code }, Date.now())).toMatchObject({ rejection: { field: 'short_code' } });
    expect(parseClick({ short_code: `${short_code}.${short_code}` }, Date.now()).ok).toBe(true);
  });

  test('counts characters, not code units, where it matters', () => {
    const value = { short_code: '😀'.repeat(128) };
    expect(isPlain(value)).toBe(false);
    expect(parseClick(value, Date.now()).ok).toBe(true);
  });
});
