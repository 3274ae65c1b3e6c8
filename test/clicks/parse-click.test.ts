import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { type Click, INPUT_NAMES } from '../../src/clicks/click-schema.ts';
import { type ParsedClick, parseClick, schema } from '../../src/clicks/parse-click.ts';
import { propertyRecord } from '../../src/clicks/click-properties.ts';
import { wellFormed } from '../../src/lib/text.ts';

const NOW = Date.UTC(2026, 0, 31, 10);
const MINUTE = 60_000;

const blank = fc.constantFrom('', ' ', '\t\r\n', '\u00a0\u3000', '\ufeff');
const text = (limit: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
    fc.integer({ min: limit - 1, max: limit + 1 }).map((length) => 'x'.repeat(length)),
    fc.integer({ min: limit - 1, max: limit + 1 }).map((length) => '😀'.repeat(length)),
    blank,
  );
const strange = fc.oneof(fc.jsonValue(), fc.constantFrom(null, undefined, Infinity, NaN, -1, 1e291, -0));
const field = <T>(usual: fc.Arbitrary<T>) =>
  fc.option(fc.oneof({ weight: 8, arbitrary: usual }, strange), { nil: undefined });

const clicks = fc.record(
  {
    short_code: fc.oneof({ weight: 9, arbitrary: text(128) }, fc.constantFrom('.', '..', '...', null, 5)),
    clicked_at: field(
      fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: NOW + 2 * 86_400_000 }) }, fc.string()),
    ),
    ip: field(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended())),
    user_agent: field(text(2_048)),
    visitor_id: field(text(256)),
    referrer: field(fc.oneof(text(2_048), fc.webUrl({ withQueryParameters: true }))),
    redirect_ms: field(fc.double()),
    country: field(text(128)),
    city: field(text(128)),
    browser: field(text(128)),
    os: field(text(128)),
    is_bot: field(fc.boolean()),
    click_id: field(text(64)),
    hosting: field(fc.oneof(fc.boolean(), fc.constantFrom('yes', 'no'))),
    language: field(fc.constantFrom('de', 'pt-BR', 'zh_Hant', 'German', 'x'.repeat(129))),
    accept_language: field(
      fc.oneof(fc.constantFrom('de-AT,en;q=0.5', '*', `en${' '.repeat(600)}`), fc.string()),
    ),
    url: field(
      fc.oneof(
        fc.webUrl({ withQueryParameters: true }),
        fc.constantFrom('/launch?utm_source=news', 'launch', `go.example/?utm_term=${'x'.repeat(2_048)}`),
      ),
    ),
    device: field(text(128)),
    domain: field(fc.oneof(fc.domain(), fc.constantFrom('GO.example:80', 'https://go.example/', 'no host'))),
    utm_campaign: field(text(256)),
    properties: field(
      fc.dictionary(fc.string({ maxLength: 3 }), fc.oneof(text(512), fc.jsonValue({ maxDepth: 1 })), {
        maxKeys: 2,
      }),
    ),
    something: fc.jsonValue(),
  },
  { requiredKeys: ['short_code'] },
);

type Taken = Extract<ParsedClick, { readonly ok: true }>;

function taken(value: unknown): Taken {
  const parsed = parseClick(value, NOW);
  if (!parsed.ok) throw new Error(`${parsed.rejection.field} ${parsed.rejection.error}`);
  return parsed;
}

/** A click's fields as they may be sent once more. */
function asSent(click: Click, sent: { readonly url?: unknown }): object {
  const { url, properties } = click;
  return {
    ...click,
    url: url && String(sent.url).slice(0, 2_048),
    properties: properties && propertyRecord(properties),
  };
}

const NEEDED: readonly string[] = ['short_code', 'clicked_at'];

describe('any click', () => {
  test('is rejected for its code or its time alone', () => {
    let rejected = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: clicks }, strange), (value) => {
        const parsed = parseClick(value, NOW);
        if (parsed.ok) return;
        rejected++;
        expect(['click', ...NEEDED]).toContain(parsed.rejection.field);
        const { short_code: code, clicked_at: time }: Record<string, unknown> = Object(value);
        const bare = parseClick({ short_code: code, clicked_at: time }, NOW);
        if (parsed.rejection.field !== 'click') expect(bare).toEqual(parsed);
      }),
      { numRuns: 500 },
    );
    expect(rejected).toBeGreaterThan(50);
  });

  test('is taken with what is right in it, and each other field is named', () => {
    let warned = 0;
    fc.assert(
      fc.property(clicks, (value) => {
        const parsed = parseClick(value, NOW);
        if (!parsed.ok) return;
        const warnedFields = parsed.warnings.map((warning) => warning.field);
        warned += warnedFields.length;
        // What was taken is right, so that sending it changes nothing more.
        expect(taken(asSent(parsed.click, value)).click).toEqual(parsed.click);
        const sent: Readonly<Record<string, unknown>> = value;
        const fields = Object.entries(sent).filter(([name]) => !warnedFields.includes(name));
        const others = taken(Object.fromEntries(fields));
        expect(others.warnings).toEqual([]);
        for (const name of INPUT_NAMES) {
          const given = sent[name];
          if (!warnedFields.includes(name)) expect(parsed.click[name]).toEqual(others.click[name]);
          else if (typeof given === 'string' && typeof parsed.click[name] === 'string')
            expect(wellFormed(given).startsWith(parsed.click[name])).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(warned).toBeGreaterThan(100);
  });

  test('that fits the API document has no warning', () => {
    expect(Object.keys(schema.shape)).toEqual(INPUT_NAMES);
    const short = fc.string({ unit: 'binary', minLength: 1, maxLength: 64 });
    const fitting = fc.record({
      short_code: short.filter((code) => parseClick({ short_code: code }, NOW).ok),
      clicked_at: fc.constantFrom(null, undefined, '2026-01-01', 1_700_000_000),
      ip: fc.oneof(fc.ipV4(), fc.ipV6()),
      ...Object.fromEntries(
        ['user_agent', 'visitor_id', 'referrer', 'country', 'city', 'browser', 'os', 'click_id'].map(
          (name) => [name, fc.option(short)],
        ),
      ),
      redirect_ms: fc.option(fc.double({ min: 0, max: 1e290, noNaN: true })),
      is_bot: fc.option(fc.boolean()),
      properties: fc.option(
        fc.dictionary(
          short.filter((name) => name.trim() !== ''),
          short,
          { maxKeys: 20 },
        ),
      ),
    });
    fc.assert(
      fc.property(fitting, (value) => {
        expect(schema.safeParse(value).success).toBe(true);
        expect(taken(value).warnings).toEqual([]);
      }),
    );
  });
});

describe('a short code', () => {
  test.each([
    [undefined, 'is required'],
    [null, 'is required'],
    ['', 'must not be blank'],
    [' \t', 'must not be blank'],
    [5, 'must be a string'],
    [['a'], 'must be a string'],
    ['x'.repeat(129), 'must be 1 to 128 characters'],
    ['a\n', 'must not contain control characters'],
    ['\0', 'must not contain control characters'],
    ['.', 'must not be . or .., which no client can ask for'],
    ['..', 'must not be . or .., which no client can ask for'],
  ])('%j: %s', (code, error) => {
    expect(parseClick({ short_code: code }, NOW)).toEqual({
      ok: false,
      rejection: { field: 'short_code', error },
    });
  });

  test.each(['x'.repeat(128), '😀'.repeat(128), '...', ' a ', 'é/?#'])('%j is taken', (code) => {
    expect(taken({ short_code: code }).click.short_code).toBe(code);
  });
});

describe('a time', () => {
  test.each([
    ['nothing', null, NOW],
    ['blank', ' ', NOW],
    ['5 minutes ahead', NOW + 5 * MINUTE, NOW + 5 * MINUTE],
    ['the first of all', '2000-01-01', Date.UTC(2000)],
  ])('%s is taken', (_, time, expected) => {
    const { click, warnings } = taken({ short_code: 'a', clicked_at: time });
    expect([click.clicked_at, warnings]).toEqual([expected, []]);
  });

  test.each([5 * MINUTE + 1, 86_400_000])('%d ms ahead is taken with a warning', (ahead) => {
    const { click, warnings } = taken({ short_code: 'a', clicked_at: NOW + ahead });
    expect([click.clicked_at, warnings]).toEqual([
      NOW + ahead,
      [{ field: 'clicked_at', warning: 'lies more than 5 minutes in the future' }],
    ]);
  });

  test.each([
    [NOW + 86_400_001, 'lies more than 24 hours in the future'],
    ['1999-12-31T23:59:59.999Z', 'lies before the year 2000'],
    ['yesterday', 'must be an ISO 8601 or Unix time'],
    [true, 'must be an ISO 8601 or Unix time'],
    [{}, 'must be an ISO 8601 or Unix time'],
  ])('%j is rejected: it %s', (time, error) => {
    const rejection = { field: 'clicked_at', error };
    expect(parseClick({ short_code: 'a', clicked_at: time }, NOW)).toEqual({ ok: false, rejection });
  });
});

const LONG = 'https://example.com/';

test.each<[string, unknown, unknown, string | undefined]>([
  ['ip', ' ', undefined, undefined],
  ['ip', '::ffff:192.0.2.7', '192.0.2.7', undefined],
  ['ip', '203.0.113.9:51234', '203.0.113.9', undefined],
  ['ip', '[2001:DB8::1]:443', '2001:db8::1', undefined],
  ['ip', 'fe80::1%eth0', 'fe80::1', undefined],
  ['ip', '203.0.113.9, 198.51.100.1', '203.0.113.9', undefined],
  ['ip', '-', undefined, 'is not an IPv4 or IPv6 address: left out'],
  ['ip', 'unknown', undefined, 'is not an IPv4 or IPv6 address: left out'],
  ['ip', 'NULL', undefined, 'is not an IPv4 or IPv6 address: left out'],
  ['ip', '\\N', undefined, 'is not an IPv4 or IPv6 address: left out'],
  ['ip', 'unix:', undefined, 'is not an IPv4 or IPv6 address: left out'],
  ['ip', 'host.example', undefined, 'is not an IPv4 or IPv6 address: left out'],
  ['ip', 42, undefined, 'must be a string: left out'],
  ['user_agent', '\t', undefined, undefined],
  ['user_agent', 'a'.repeat(2_049), 'a'.repeat(2_048), 'is cut at 2048 characters'],
  ['user_agent', '😀'.repeat(2_048), '😀'.repeat(2_048), undefined],
  ['user_agent', '😀'.repeat(2_049), '😀'.repeat(2_048), 'is cut at 2048 characters'],
  ['visitor_id', 'v'.repeat(256), 'v'.repeat(256), undefined],
  ['visitor_id', 'v'.repeat(257), undefined, 'must be at most 256 characters: left out'],
  ['visitor_id', 7, undefined, 'must be a string: left out'],
  ['referrer', `${LONG}?${'q'.repeat(3_000)}`, LONG, undefined],
  ['referrer', `${LONG}#${'q'.repeat(3_000)}`, LONG, undefined],
  ['referrer', `${LONG}${'p'.repeat(3_000)}?q`, `${LONG}${'p'.repeat(2_028)}`, 'is cut at 2048 characters'],
  ['referrer', {}, undefined, 'must be a string: left out'],
  ['redirect_ms', 0, 0, undefined],
  ['redirect_ms', ' ', undefined, undefined],
  ['redirect_ms', -0.001, undefined, 'must be a number, 0 or more: left out'],
  ['redirect_ms', '12', undefined, 'must be a number, 0 or more: left out'],
  ['redirect_ms', 1e291, undefined, 'must be a number, 0 or more: left out'],
  ['city', '\u3000', undefined, undefined],
  ['city', '東京', '東京', undefined],
  ['city', 'c'.repeat(129), 'c'.repeat(128), 'is cut at 128 characters'],
  ['country', 5, undefined, 'must be a string: left out'],
  ['os', ['Linux'], undefined, 'must be a string: left out'],
  ['is_bot', false, false, undefined],
  ['is_bot', '', undefined, undefined],
  ['is_bot', 'true', undefined, 'must be true or false: left out'],
  ['click_id', 'c'.repeat(65), undefined, 'must be at most 64 characters: left out'],
])('%s %j is taken as %j (row %#)', (name, value, expected, warning) => {
  const { click, warnings } = taken({ short_code: 'a', [name]: value });
  expect({ ...click }).toEqual({ ...taken({ short_code: 'a' }).click, [name]: expected });
  expect(warnings).toEqual(warning === undefined ? [] : [{ field: name, warning }]);
});
