import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { INPUT_NAMES } from '../../src/clicks/click-schema.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { type SendOptions, type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

const MIB = 1_048_576;
const DAY_MS = 86_400_000;
const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP = { 'content-encoding': 'gzip' };

describe('clicks in', () => {
  let spoor: TestSpoor;
  let key: string;
  let codes = 0;
  beforeAll(async () => {
    spoor = await startSpoor();
    key = await spoor.createKey('me');
  });
  afterAll(() => spoor.stop());

  const newCode = (): string => `code-${++codes}`;
  const post = (options: SendOptions): Promise<TestResponse> =>
    spoor.send('POST', '/api/v1/clicks', { key, ...options });
  /** One column of a code's clicks, in the order of their ids. */
  const column = async (
    code: string,
    name: 'clicked_at' | 'visitor' | 'country' | 'city' | 'browser' | 'os',
  ) => {
    const expressions = {
      clicked_at: sql`toUnixTimestamp64Milli(clicked_at)`,
      visitor: sql`toString(visitor)`,
      country: sql`country`,
      city: sql`city`,
      browser: sql`browser`,
      os: sql`os`,
    };
    const rows = await spoor.database.rows<[string | number]>(sql`
      SELECT ${expressions[name]} FROM clicks WHERE short_code = ${param('String', code)} ORDER BY click_id`);
    return rows.map(([value]) => value);
  };
  /** How many inserts have made a part of the clicks' table so far; ClickHouse numbers them. */
  const newParts = async (): Promise<number> => {
    const [row] = await spoor.database.rows<[number]>(sql`
      SELECT toInt64(max(max_block_number)) FROM system.parts
      WHERE database = currentDatabase() AND table = 'clicks'`);
    return row?.[0] ?? 0;
  };
  const total = async (code: string): Promise<number> => {
    const query = { scope: 'anon', short_code: code, start_date: '2000-01-01', interval: 'month' };
    const { json } = await spoor.send('GET', '/api/v1/stats', { key, query });
    return json.summary.total_clicks;
  };

  describe('body', () => {
    const two = (code: string) => [{ short_code: code }, { short_code: code }];
    const lines = (code: string) => two(code).map((click) => JSON.stringify(click)).join('\n'); // prettier-ignore

    test.each<[string, number, (code: string) => SendOptions]>([
      ['NDJSON', 2, (code) => ({ body: `${lines(code)}\n` })],
      ['NDJSON without a last line break', 2, (code) => ({ body: lines(code) })],
      ['NDJSON with CRLF', 2, (code) => ({ body: `${lines(code).replace('\n', '\r\n')}\r\n` })],
      ['one object as NDJSON', 1, (code) => ({ body: JSON.stringify({ short_code: code }) })],
      ['one object', 1, (code) => ({ json: { short_code: code } })],
      ['an array', 2, (code) => ({ json: two(code) })],
      [
        'a content type with a charset',
        2,
        (code) => ({
          body: JSON.stringify(two(code)),
          headers: { 'content-type': 'application/json; charset=utf-8' },
        }),
      ],
      ['gzipped NDJSON', 2, (code) => ({ body: gzipSync(lines(code)), headers: GZIP })],
      [
        'a gzipped array',
        2,
        (code) => ({ body: gzipSync(JSON.stringify(two(code))), headers: { ...GZIP, ...JSON_TYPE } }),
      ],
    ])('%s', async (_, count, options) => {
      const code = newCode();
      const { status, json } = await post(options(code));
      expect([status, json]).toEqual([200, { accepted: count, rejected: [] }]);
      expect(await total(code)).toBe(count);
    });

    test('blank lines are passed over but counted in index', async () => {
      const good = `{"short_code":"${newCode()}"}`;
      const { json } = await post({ body: `\n${good}\n \t\r\n{}\n\n${good}\n7\n\n` });
      expect(json.accepted).toBe(2);
      expect(json.rejected.map(({ index }: { index: number }) => index)).toEqual([3, 6]);
    });

    test.each<[string, SendOptions]>([
      ['NDJSON', { body: '' }],
      ['blank lines', { body: '\n \r\n\n' }],
      ['JSON', { body: '', headers: JSON_TYPE }],
      ['an empty array', { json: [] }],
      ['gzip of nothing', { body: gzipSync(''), headers: GZIP }],
    ])('an empty one is taken: %s', async (_, options) => {
      const { status, json } = await post(options);
      expect([status, json]).toEqual([200, { accepted: 0, rejected: [] }]);
    });

    test.each(['"text"', '5', 'null', '{"short_code":', '[{}'])('JSON that is no click: %s', async (body) => {
      const { status, json } = await post({ body, headers: JSON_TYPE });
      expect([status, json.code]).toEqual([400, 'validation_error']);
    });

    test.each(['text/plain', 'text/csv', 'application/xml', 'application/x-www-form-urlencoded'])(
      '415 for %s',
      async (type) => {
        const { status, json } = await post({ body: '{}', headers: { 'content-type': type } });
        expect([status, json.code]).toEqual([415, 'unsupported_media_type']);
      },
    );

    test.each(['br', 'deflate', 'gzip, gzip'])('415 for the encoding %s', async (encoding) => {
      const { status } = await post({ body: '{}', headers: { 'content-encoding': encoding } });
      expect(status).toBe(415);
    });

    test.each<[string, (code: string) => Uint8Array]>([
      ['not gzip at all', (code) => Buffer.from(`{"short_code":"${code}"}`)],
      ['cut off', (code) => gzipSync(`{"short_code":"${code}"}\n`.repeat(10_000)).subarray(0, -20)],
      [
        'damaged',
        (code) => {
          const packed = gzipSync(`{"short_code":"${code}"}\n`.repeat(100));
          packed.writeUInt32LE(0xdeadbeef, packed.length - 8);
          return packed;
        },
      ],
    ])('gzip that does not unpack is 400, and nothing of it is kept: %s', async (_, body) => {
      const code = newCode();
      const { status, json } = await post({ body: body(code), headers: GZIP });
      expect([status, json.code]).toEqual([400, 'validation_error']);
      expect((await spoor.send('GET', `/api/v1/urls/${code}`)).status).toBe(404);
    });

    test('64 MiB are taken, a byte more is 413, however small on the wire', async () => {
      const bomb = (size: number) => gzipSync(Buffer.alloc(size, ' '), { level: 1 });
      expect((await post({ body: bomb(64 * MIB), headers: GZIP })).status).toBe(200);
      const { status, json } = await post({ body: bomb(64 * MIB + 1), headers: GZIP });
      expect([status, json.code]).toEqual([413, 'payload_too_large']);
      const plain = await post({ body: Buffer.alloc(64 * MIB + 1, ' ') });
      expect([plain.status, plain.json.code]).toEqual([413, 'payload_too_large']);
    });
  });

  describe('fields', () => {
    const now = Date.now();
    const text = (length: number) => 'x'.repeat(length);

    test.each<[string, unknown]>([
      ['short_code', undefined],
      ['short_code', null],
      ['short_code', ''],
      ['short_code', 5],
      ['short_code', ['a']],
      ['short_code', text(129)],
      ['short_code', 'a\nb'],
      ['short_code', 'a\u007fb'],
      ['short_code', 'a\u0085b'],
      ['clicked_at', 'yesterday'],
      ['clicked_at', '2026-02-30'],
      ['clicked_at', '01/02/2026'],
      ['clicked_at', true],
      ['clicked_at', {}],
      ['clicked_at', -1],
      ['clicked_at', '1999-12-31T23:59:59.999Z'],
      ['clicked_at', '2000-01-01T00:59:59+01:00'],
    ])('a wrong %s is rejected by its name (row %#)', async (field, value) => {
      const code = newCode();
      const { status, json } = await post({
        ndjson: [{ short_code: code }, { short_code: code, [field]: value }],
      });
      expect([status, json.accepted]).toEqual([200, 1]);
      expect(json.rejected).toEqual([{ index: 1, field, error: expect.stringMatching(/\S/) }]);
      expect(await total(code)).toBe(1);
    });

    /** What is stored of a click with one wrong field; undefined: as if the field had not been sent. */
    test.each<[string, unknown, string | undefined]>([
      ['ip', '999.1.1.1', undefined],
      ['ip', 42, undefined],
      ['user_agent', 5, undefined],
      ['referrer', {}, undefined],
      ['referrer', `https://example.com/${text(3_000)}`, `https://example.com/${text(2_028)}`],
      ['redirect_ms', -0.001, undefined],
      ['country', 5, undefined],
      ['city', text(129), text(128)],
      ['browser', text(129), text(128)],
      ['os', ['Linux'], undefined],
      ['visitor_id', text(257), undefined],
      ['is_bot', 'yes', undefined],
      ['click_id', text(65), undefined],
    ])('a wrong %s does not cost the click, and is named (row %#)', async (field, value, cut) => {
      const [wrong, right] = [newCode(), newCode()];
      const { status, json } = await post({
        ndjson: [
          { short_code: wrong, clicked_at: '2026-01-01', [field]: value },
          { short_code: right, clicked_at: '2026-01-01', ...(cut === undefined ? {} : { [field]: cut }) },
        ],
      });
      expect([status, json]).toEqual([
        200,
        { accepted: 2, rejected: [], warnings: [{ index: 0, field, warning: expect.stringMatching(/\S/) }] },
      ]);
      const [row] = await spoor.database.rows<[number, number]>(sql`
        SELECT count(), uniqExact(tuple(* EXCEPT short_code)) FROM clicks
        WHERE short_code IN ${param('Array(String)', [wrong, right])}`);
      expect(row).toEqual([2, 1]);
    });

    test('a click of a clock that is ahead is taken for a day, with a warning from 5 minutes on', async () => {
      const at = (ahead: number) => ({ short_code: newCode(), clicked_at: Date.now() + ahead });
      const late = at(DAY_MS + 60_000);
      const { json } = await post({
        json: [
          at(4 * 60_000),
          at(10 * 60_000),
          at(DAY_MS - 60_000),
          late,
          { ...late, clicked_at: new Date(late.clicked_at).toISOString() },
        ],
      });
      expect(json.warnings).toMatchObject([
        { index: 1, field: 'clicked_at' },
        { index: 2, field: 'clicked_at' },
      ]);
      const error = expect.stringMatching(/\S/);
      expect([json.accepted, json.rejected]).toEqual([
        3,
        [3, 4].map((index) => ({ index, field: 'clicked_at', error })),
      ]);
    });

    test('blank text in any optional field is as if not given', async () => {
      const code = newCode();
      const blanks = Object.fromEntries(
        INPUT_NAMES.filter((name) => name !== 'short_code').map((name) => [name, ' \t']),
      );
      const { json } = await post({ ndjson: [{ short_code: code, ...blanks }, { short_code: code }] });
      expect(json).toEqual({ accepted: 2, rejected: [] });
      const [row] = await spoor.database.rows<[number]>(sql`
        SELECT uniqExact(tuple(* EXCEPT clicked_at)) FROM clicks WHERE short_code = ${param('String', code)}`);
      expect(row).toEqual([1]);
    });

    test('the first 1,000 warnings are named, in order', async () => {
      const code = newCode();
      const ndjson = Array.from({ length: 600 }, () => ({ short_code: code, ip: '-', city: 5 }));
      const { json } = await post({ ndjson });
      expect([json.accepted, json.warnings.length]).toEqual([600, 1_000]);
      expect(json.warnings.slice(-2)).toMatchObject([
        { index: 499, field: 'ip' },
        { index: 499, field: 'city' },
      ]);
    });

    test.each<[string, unknown]>([
      ['short_code', text(128)],
      ['short_code', '🦊'.repeat(128)],
      ['short_code', 'a/b c%2F?#é'],
      ['clicked_at', now + 4 * 60_000],
      ['clicked_at', '2000-01-01T00:00:00Z'],
      ['ip', '2001:db8::1'],
      ['ip', '203.0.113.7'],
      ['user_agent', text(2_048)],
      ['user_agent', '🦊'.repeat(2_048)],
      ['referrer', text(2_048)],
      ['redirect_ms', 0],
      ['redirect_ms', 12.345],
      ['country', text(128)],
      ['city', text(128)],
      ['browser', text(128)],
      ['os', text(128)],
      ['click_id', text(64)],
      ['unknown_field', { deeply: ['nested'] }],
    ])('a right %s is taken (row %#)', async (field, value) => {
      const { json } = await post({ json: { short_code: newCode(), [field]: value } });
      expect(json).toEqual({ accepted: 1, rejected: [] });
    });

    test.each<[unknown, string]>([
      ['2026-01-31T10:00:00Z', '2026-01-31T10:00:00.000Z'],
      ['2026-01-31T10:00:00.123456Z', '2026-01-31T10:00:00.123Z'],
      ['2026-01-31T10:00:00+05:30', '2026-01-31T04:30:00.000Z'],
      ['2026-01-31T10:00:00', '2026-01-31T10:00:00.000Z'],
      ['2026-01-31', '2026-01-31T00:00:00.000Z'],
      [1_769_853_600, '2026-01-31T10:00:00.000Z'],
      [1_769_853_600.5, '2026-01-31T10:00:00.500Z'],
      [1_769_853_600_250, '2026-01-31T10:00:00.250Z'],
      ['1769853600', '2026-01-31T10:00:00.000Z'],
      ['1769853600250', '2026-01-31T10:00:00.250Z'],
    ])('clicked_at %j is %s', async (given, expected) => {
      const code = newCode();
      await post({ json: { short_code: code, clicked_at: given } });
      expect(await column(code, 'clicked_at')).toEqual([Date.parse(expected)]);
    });

    test('a field that is null counts as not given', async () => {
      const code = newCode();
      const optional = ['clicked_at', 'ip', 'user_agent', 'referrer', 'redirect_ms', 'country', 'city', 'browser', 'os', 'click_id']; // prettier-ignore
      const before = Date.now();
      const nulls = Object.fromEntries(optional.map((field) => [field, null]));
      const { json } = await post({ ndjson: [{ short_code: code, ...nulls }, { short_code: code }] });
      expect(json).toEqual({ accepted: 2, rejected: [] });
      const [distinct] = await spoor.database.rows<[number, number, number]>(sql`
        SELECT uniqExact((visitor, browser, os, country, city, referrer, is_bot, redirect_ms, click_id)),
          toUnixTimestamp64Milli(min(clicked_at)), toUnixTimestamp64Milli(max(clicked_at))
        FROM clicks WHERE short_code = ${param('String', code)}`);
      expect(distinct?.[0]).toBe(1);
      expect(distinct?.[1]).toBeGreaterThanOrEqual(before);
      expect(distinct?.[2]).toBeLessThanOrEqual(Date.now());
    });

    test('lone surrogates and U+0000 become U+FFFD', async () => {
      const code = newCode();
      const { json } = await post({
        body: `{"short_code":"${code}\\ud800","city":"a\\u0000b\\udc00c","browser":"\\ud83e\\udd8a"}`,
      });
      expect(json).toEqual({ accepted: 1, rejected: [] });
      expect(await column(`${code}\uFFFD`, 'city')).toEqual(['a\uFFFDb\uFFFDc']);
      expect(await column(`${code}\uFFFD`, 'browser')).toEqual(['🦊']);
    });

    test('country takes a code or an English name; what nobody knows is XX', async () => {
      const code = newCode();
      const countries = ['DE', 'Germany', 'United States', 'Türkiye', 'Atlantis'];
      await post({
        json: countries.map((country, place) => ({ short_code: code, country, click_id: String(place) })),
      });
      expect(await column(code, 'country')).toEqual(['DE', 'DE', 'US', 'TR', 'XX']);
    });

    test('what a click says of itself is kept as sent; empty is not said', async () => {
      const code = newCode();
      const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
      await post({
        json: [
          { short_code: code, user_agent: agent, browser: ' My Browser 1.0', os: 'BeOS', click_id: '0' },
          { short_code: code, user_agent: agent, browser: '', os: '', click_id: '1' },
        ],
      });
      expect(await column(code, 'browser')).toEqual([' My Browser 1.0', 'Firefox']);
      expect(await column(code, 'os')).toEqual(['BeOS', 'Windows']);
    });

    test('an IPv4-mapped address is the IPv4 visitor; all without address and agent are one', async () => {
      const code = newCode();
      const addresses = ['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:C000:0207', '0:0:0:0:0:ffff:c000:207'];
      const others = ['192.0.2.8', '2001:db8::7'];
      await post({ json: [...addresses, ...others].map((ip) => ({ short_code: code, ip })) });
      await post({ json: [{ short_code: code }, { short_code: code, ip: null }, { short_code: code }] });
      const query = { scope: 'anon', short_code: code };
      const { json } = await spoor.send('GET', '/api/v1/stats', { key, query });
      expect(json.summary).toMatchObject({ total_clicks: 9, unique_clicks: 4 });
    });

    test('clicks with one visitor id are one visitor, whatever address and agent they have', async () => {
      const code = newCode();
      const clicks = [
        { visitor_id: 'v', ip: '192.0.2.7' },
        { visitor_id: 'v', user_agent: 'curl' },
        { visitor_id: 'w', ip: '192.0.2.7' },
        { ip: '192.0.2.7' },
      ];
      await post({ json: clicks.map((click) => ({ short_code: code, ...click })) });
      expect(new Set(await column(code, 'visitor')).size).toBe(3);
    });

    test.each([
      ['ISO-8859-1', 'latin1'],
      ['utf-16le', 'utf16le'],
      ['"UTF-8"', 'utf8'],
    ] as const)('a body in %s is decoded', async (charset, encoding) => {
      const code = newCode();
      const lines = ['Köln', 'Ålesund'].map((city, place) =>
        JSON.stringify({ short_code: code, city, click_id: String(place) }),
      );
      const headers = { 'content-type': `application/x-ndjson; charset=${charset}` };
      const { json } = await post({ body: Buffer.from(lines.join('\n'), encoding), headers });
      expect(json).toEqual({ accepted: 2, rejected: [] });
      expect(await column(code, 'city')).toEqual(['Köln', 'Ålesund']);
    });

    test('a body in another charset is 415', async () => {
      const headers = { 'content-type': 'application/json; charset=shift_jis' };
      const { status, json } = await post({ body: '[]', headers });
      expect([status, json.code]).toEqual([415, 'unsupported_media_type']);
    });

    test('a row that is not UTF-8 is rejected, and nothing of it is stored', async () => {
      const code = newCode();
      const row = (city: string) => JSON.stringify({ short_code: code, city, click_id: city });
      const body = Buffer.from([row('A'), row('Köln'), row('B')].join('\n'), 'latin1');
      expect((await post({ body })).json).toEqual({
        accepted: 2,
        rejected: [{ index: 1, field: 'click', error: 'is not UTF-8' }],
      });
      expect(await column(code, 'city')).toEqual(['A', 'B']);
    });
  });

  describe('rejections', () => {
    test('lines that are no object are rejected one by one', async () => {
      const code = newCode();
      const { status, json } = await post({
        body: `{"short_code":"${code}"}\nnot json\n[1]\n"text"\nnull\n{"short_code":"${code}"`,
      });
      expect([status, json.accepted]).toEqual([200, 1]);
      expect(json.rejected.map(({ index }: { index: number }) => index)).toEqual([1, 2, 3, 4, 5]);
    });

    test('the first 1,000 are named, in order', async () => {
      const rows = Array.from({ length: 1_500 }, () => ({}));
      const { status, json } = await post({ ndjson: [...rows, { short_code: newCode() }] });
      expect([status, json.accepted]).toEqual([200, 1]);
      expect(json.rejected.map(({ index }: { index: number }) => index)).toEqual(
        Array.from({ length: 1_000 }, (_, index) => index),
      );
    });

    const manyBad: readonly (readonly [string, string, string, Readonly<Record<string, string>>])[] = [
      ['lines that are no object', 'x\n\n', '', {}],
      ['lines that are no JSON', '{x\n \t\r\n', '', {}],
      ['objects without a code', '{}\n', '', {}],
      ['objects with a wrong time', '{"short_code":"a","clicked_at":true}\n', '', {}],
      ['elements', '7,', '[', JSON_TYPE],
    ];

    test.each(manyBad)(
      'after 10,000 bad ones and no good one no more are read: %s',
      async (_, bad, before, headers) => {
        const good = `{"short_code":"${newCode()}"}`;
        const { status, json } = await post({ body: `${before}${bad.repeat(10_000)}${good}`, headers });
        expect([status, json.accepted, json.stopped_at]).toEqual([422, 0, 10_000]);
        expect(json.rejected).toHaveLength(1_000);
        const keyed = { body: bad.repeat(10_000), headers: { ...headers, 'idempotency-key': newCode() } };
        if (before === '') {
          expect((await post(keyed)).json.stopped_at).toBe(10_000);
          expect((await post(keyed)).json.stopped_at).toBe(10_000);
        }
        const rest = before === '' ? '' : '1]';
        const read = await post({
          body: `${before}${bad.repeat(9_999)}${good}${before === '' ? '\n' : ','}${bad.repeat(5)}${rest}`,
          headers,
        });
        expect([read.status, read.json.accepted, read.json.stopped_at]).toEqual([200, 1, undefined]);
      },
    );

    test('only where every row is bad the answer is 422, with an error code like every other', async () => {
      const { status, json, headers } = await post({ ndjson: [{}, { short_code: 5 }] });
      expect([status, headers.get('x-error-code')]).toEqual([422, 'validation_error']);
      expect(json).toMatchObject({
        accepted: 0,
        rejected: [
          { index: 0, field: 'short_code' },
          { index: 1, field: 'short_code' },
        ],
        code: 'validation_error',
        error_code: 'validation_error',
        error: expect.any(String),
      });
    });
  });

  describe('URLs', () => {
    test('an unknown code becomes a private URL of the key’s owner, as old as its oldest click', async () => {
      const code = newCode();
      const times = ['2026-01-05T00:00:00Z', '2025-12-31T23:59:59.999Z', '2026-02-01T00:00:00Z'];
      await post({ json: times.map((clicked_at) => ({ short_code: code, clicked_at })) });
      await post({ json: { short_code: code, clicked_at: '2020-01-01' } });
      expect((await spoor.send('GET', `/api/v1/urls/${code}`, { key })).json).toEqual({
        id: code,
        alias: code,
        short_code: code,
        owner_id: 'me',
        created_at: '2025-12-31T23:59:59.999Z',
        private_stats: true,
        long_url: null,
        tags: [],
        status: 'ACTIVE',
        password_set: false,
      });
    });

    test('a rejected click registers nothing', async () => {
      const code = newCode();
      await post({ json: { short_code: code, clicked_at: 'never' } });
      expect((await spoor.send('GET', `/api/v1/urls/${code}`)).status).toBe(404);
    });

    test('another owner’s code is rejected, unless the key has admin:all; then it counts for that owner', async () => {
      const [mine, theirs] = [newCode(), newCode()];
      const other = await spoor.createKey('other');
      await post({ json: { short_code: theirs }, key: other });
      const mixed = await post({ ndjson: [{ short_code: mine }, { short_code: theirs }] });
      expect(mixed.json).toEqual({
        accepted: 1,
        rejected: [{ index: 1, field: 'short_code', error: expect.stringMatching(/\S/) }],
      });
      expect((await post({ json: { short_code: theirs } })).status).toBe(422);
      const admin = await spoor.send('POST', '/api/v1/clicks', { json: { short_code: theirs } });
      expect(admin.json).toEqual({ accepted: 1, rejected: [] });
      const stats = await spoor.send('GET', '/api/v1/stats', { key: other });
      expect(stats.json.summary.total_clicks).toBe(2);
    });

    test('one code sent by two owners at once becomes the URL of one of them', async () => {
      const code = newCode();
      const keys = [key, await spoor.createKey('rival')];
      const answers = await Promise.all(keys.map((one) => post({ json: { short_code: code }, key: one })));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 422]);
    });
  });

  test('an acknowledged click is in the very next answer', async () => {
    const code = newCode();
    for (let count = 1; count <= 10; count++) {
      await post({ json: { short_code: code } });
      expect(await total(code)).toBe(count);
    }
  });

  test('small requests that come together share inserts, and each is answered when its clicks are there', async () => {
    const code = newCode();
    const partsBefore = await newParts();
    const requests = Array.from({ length: 40 }, async (_, index) => {
      const json = [
        { short_code: code, city: `City ${index}` },
        ...(index % 3 === 0 ? [{ short_code: 5 }] : []),
      ];
      const answer = await post({ json });
      expect([answer.status, answer.json.accepted]).toEqual([200, 1]);
      expect(answer.json.rejected).toHaveLength(index % 3 === 0 ? 1 : 0);
      return total(code);
    });
    for (const seen of await Promise.all(requests)) expect(seen).toBeGreaterThan(0);
    expect(await total(code)).toBe(40);
    expect(new Set(await column(code, 'city')).size).toBe(40);
    // How many come together is the machine's affair; without sharing it would be as many as there are requests.
    expect((await newParts()) - partsBefore).toBeLessThan(requests.length);
  });

  test('of requests that come together for one new code, the first owner has it and the others are told', async () => {
    const other = await spoor.createKey('somebody-else');
    const code = newCode();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        post({ json: { short_code: code }, key: index % 2 === 0 ? key : other }),
      ),
    );
    const owners = await spoor.database.rows(
      sql`SELECT DISTINCT owner_id FROM clicks WHERE short_code = ${param('String', code)}`,
    );
    expect(owners).toHaveLength(1);
    const taken = answers.filter(({ json }) => json.accepted === 1);
    expect(taken).toHaveLength(10);
    for (const { status, json } of answers.filter((answer) => !taken.includes(answer))) {
      expect([status, json.rejected[0].field]).toEqual([422, 'short_code']);
    }
  });

  test('clicks of many years may come in one request', async () => {
    const code = newCode();
    const ndjson = Array.from({ length: 300 }, (_, month) => ({
      short_code: code,
      clicked_at: new Date(Date.UTC(2001, month, 15)).toISOString(),
    }));
    const { status, json } = await post({ ndjson });
    expect([status, json.accepted]).toEqual([200, 300]);
    expect(await total(code)).toBe(300);
  });

  test('neither address nor user agent nor visitor id is stored, in whatever table', async () => {
    const traces = ['203.0.113.199', 'Telltale-Agent/9', '2001:db8:7e11::7a1e', 'telltale-visitor'];
    const code = newCode();
    const headers = { 'idempotency-key': 'trace' };
    const rows = [
      { short_code: code, ip: traces[0], user_agent: traces[1] },
      { short_code: code, ip: traces[2], user_agent: traces[1] },
      { short_code: code, ip: `${traces[0]}x`, visitor_id: traces[3] },
      { short_code: 5, ip: traces[0], user_agent: traces[1] },
    ];
    expect((await post({ ndjson: rows, headers })).json.accepted).toBe(3);
    const tables = await spoor.database.rows<[string, string]>(sql`
      SELECT table, arrayStringConcat(groupArray(name), ',') FROM system.columns
      WHERE database = currentDatabase() GROUP BY table`);
    expect(tables.length).toBeGreaterThan(3);
    for (const [table, columns] of tables) {
      expect(columns).not.toMatch(/\bip\b|address|agent/);
      const found = await spoor.database.rows<[number]>(sql`
        SELECT count() FROM (SELECT formatRow('TSKV', *) AS line FROM ${{ kind: 'sql', texts: [table], values: [] }})
        WHERE multiSearchAny(line, ${param('Array(String)', traces)})`);
      expect([table, found]).toEqual([table, [[0]]]);
    }
  });

  describe('who may', () => {
    test('no key: 401; a key without clicks:write: 403; each scope that suffices', async () => {
      const json = { short_code: newCode() };
      expect((await post({ json, key: null })).status).toBe(401);
      const reader = await spoor.createKey('me', ['stats:read', 'urls:read', 'urls:write']);
      const refused = await post({ json, key: reader });
      expect([refused.status, refused.json.code]).toEqual([403, 'forbidden']);
      for (const scope of ['clicks:write', 'admin:all']) {
        expect((await post({ json, key: await spoor.createKey('me', [scope]) })).status).toBe(200);
      }
    });

    test('the key is looked at before the parameters, those before the content type, that before its scope', async () => {
      const reader = await spoor.createKey('me', ['stats:read']);
      const headers = { 'content-type': 'text/plain' };
      const long = { ...headers, 'idempotency-key': 'x'.repeat(256) };
      expect((await post({ body: 'x', headers: long, key: null })).status).toBe(401);
      expect((await post({ body: 'x', headers: long, key: reader })).status).toBe(400);
      expect((await post({ body: 'x', headers, key: reader })).status).toBe(415);
      expect((await post({ body: 'x', headers: { 'content-encoding': 'br' }, key: reader })).status).toBe(
        415,
      );
      expect((await post({ body: 'x', key: reader })).status).toBe(403);
    });
  });
});
