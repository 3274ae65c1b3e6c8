import { describe, expect, test } from '@jest/globals';
import type { ImportedRecord } from '../../../../src/clicks/import/formats/imported-record.ts';
import { parserOf } from '../../../../src/clicks/import/reading.ts';

const parseLine = parserOf({ format: 'combined', columns: [] });

/** Without what a click has no field for. */
function parseCombinedLine(line: string): ImportedRecord {
  const record = parseLine(line);
  return record.kind === 'click' ? { kind: 'click', value: record.value } : record;
}

/** A line of a log, each part replaceable. */
function line(
  parts: Partial<
    Record<
      'host' | 'ident' | 'user' | 'time' | 'request' | 'status' | 'size' | 'referrer' | 'agent' | 'end',
      string
    >
  > = {},
): string {
  // prettier-ignore
  const { host = '192.0.2.1', ident = '-', user = '-', time = '31/Jan/2026:10:00:00 +0000' } = parts;
  const { request = 'GET /code HTTP/1.1', status = '302', size = '0' } = parts;
  const { referrer = '-', agent = 'Agent/1', end = '' } = parts;
  return `${host} ${ident} ${user} [${time}] "${request}" ${status} ${size} "${referrer}" "${agent}"${end}`;
}

const clickOf = (text: string): unknown => {
  const record = parseCombinedLine(text);
  return record.kind === 'click' ? record.value : record.kind;
};

describe('a line in the combined format', () => {
  test('gives every field as logged', () => {
    const whole =
      '2001:db8::7 - frank [31/Jan/2026:23:59:59 -0530] "GET /a%2Fb?q=1 HTTP/2.0" 301 17 "https://example.com/x?y=1" "Mozilla/5.0 (X11; \\"odd\\")"';
    expect(parseCombinedLine(whole)).toEqual({
      kind: 'click',
      value: {
        short_code: 'a/b',
        clicked_at: '2026-02-01T05:29:59.000Z',
        ip: '2001:db8::7',
        referrer: 'https://example.com/x?y=1',
        user_agent: 'Mozilla/5.0 (X11; "odd")',
        url: '?q=1',
      },
    });
  });

  test.each([
    ['GET / HTTP/1.1', 'index'],
    ['GET /?utm=1 HTTP/1.1', 'index'],
    ['GET /code HTTP/1.1', 'code'],
    ['GET /code? HTTP/1.0', 'code'],
    ['GET /code?a?b HTTP/1.1', 'code'],
    ['GET /a/b HTTP/1.1', 'a/b'],
    ['GET /a/ HTTP/1.1', 'a/'],
    ['GET //a HTTP/1.1', '/a'],
    ['GET /%E2%82%AC HTTP/3', '€'],
    ['GET /a b HTTP/1.1', 'a b'],
    ['GET http://go.example/promo HTTP/1.1', 'promo'],
    ['GET HTTPS://go.example:8443/promo?x=1 HTTP/1.1', 'promo'],
    ['GET http://go.example HTTP/1.1', 'index'],
    ['GET http://go.example?x=1 HTTP/1.1', 'index'],
    ['GET /http://go.example/promo HTTP/1.1', 'http://go.example/promo'],
    ['GET /code', 'code'],
    ['GET /index HTTP/1.1', 'index'],
  ])('%s is a click on %s', (request, code) => {
    expect(clickOf(line({ request }))).toMatchObject({ short_code: code });
  });

  test.each([
    ['/code', undefined, undefined],
    ['/code?', undefined, undefined],
    ['/code?utm_source=hn', undefined, '?utm_source=hn'],
    ['/code?a?b', undefined, '?a?b'],
    ['/code?a=\\x22caf\\xC3\\xA9\\x22', undefined, '?a="café"'],
    ['//other.example/code?a=b', undefined, '?a=b'],
    ['http://Go.Example:8080/code?a=b', 'go.example', '?a=b'],
    ['https://go.example?a=b', 'go.example', '?a=b'],
    ['https://?a=b', undefined, '?a=b'],
  ])('the target %s tells the domain %s and the query %s', (target, domain, url) => {
    const { domain: toldDomain, url: toldUrl } = Object(clickOf(line({ request: `GET ${target} HTTP/1.1` })));
    expect([toldDomain, toldUrl]).toEqual([domain, url]);
  });

  test.each([
    ['31/Jan/2026:10:00:00 +0000', '2026-01-31T10:00:00.000Z'],
    ['31/Jan/2026:10:00:00 +0530', '2026-01-31T04:30:00.000Z'],
    ['31/Dec/2025:23:30:00 -0100', '2026-01-01T00:30:00.000Z'],
    ['29/Feb/2024:00:00:00 +1400', '2024-02-28T10:00:00.000Z'],
    ['01/Mar/2026:00:00:00 -1200', '2026-03-01T12:00:00.000Z'],
  ])('[%s] is %s', (time, instant) => {
    expect(clickOf(line({ time }))).toMatchObject({ clicked_at: instant });
  });

  test.each(['HEAD', 'POST', 'PUT', 'OPTIONS', 'get'])('%s is skipped', (method) => {
    expect(parseCombinedLine(line({ request: `${method} /code HTTP/1.1` })).kind).toBe('skipped');
  });

  test.each([
    ['200', 'click'],
    ['206', 'click'],
    ['302', 'click'],
    ['399', 'click'],
    ['400', 'skipped'],
    ['404', 'skipped'],
    ['499', 'skipped'],
    ['503', 'skipped'],
  ])('status %s: %s', (status, kind) => {
    expect(parseCombinedLine(line({ status })).kind).toBe(kind);
  });

  test('one that is skipped keeps its time', () => {
    expect(parseCombinedLine(line({ status: '404' }))).toMatchObject({ time: '2026-01-31T10:00:00.000Z' });
  });

  test('a request that never came whole is skipped, not rejected', () => {
    expect(parseCombinedLine(line({ request: '-', status: '408' })).kind).toBe('skipped');
    expect(parseCombinedLine(line({ request: '', status: '400' })).kind).toBe('skipped');
    expect(parseCombinedLine(line({ request: '\\x16\\x03\\x01', status: '400' })).kind).toBe('skipped');
  });

  test.each([
    ['a size of -', { size: '-' }],
    ['a user with blanks', { user: 'frank the great' }],
    ['an empty referrer and agent', { referrer: '', agent: '' }],
    ['an escaped backslash before the closing quote', { agent: 'a\\\\' }],
    ['brackets in the agent', { agent: '[x] "y'.replace('"', '\\"') }],
    ['a forwarded address behind it', { end: ' "203.0.113.9"' }],
    ['words and texts behind it', { end: ' 12 "a \\"b" 0.001, 0.002 [default-go-80] -' }],
    ['an ident server', { ident: 'frank' }],
  ])('%s is in the format', (_, parts) => {
    expect(parseCombinedLine(line(parts)).kind).toBe('click');
  });

  test.each([
    ['the common format', '192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /code HTTP/1.1" 302 0'],
    ['a line that is cut in its agent', line().slice(0, -1)],
    ['a line that is cut in its referrer', line({ referrer: 'https://example.com/' }).slice(0, -15)],
    ['a text behind the agent that is not closed', line({ end: ' "more' })],
    ['a text behind the agent without a blank before it', line({ end: '"more"' })],
    ['a quote in a word behind the agent', line({ end: ' mo"re' })],
    ['a blank at the end', line({ end: ' ' })],
    ['two addresses in front', line({ host: '192.0.2.80 203.0.113.7' })],
    ['two addresses in front and a user', line({ host: '192.0.2.80 203.0.113.7', user: 'frank' })],
    ['a time and words in front', `2026-01-24T10:05:03Z stdout F ${line()}`],
    ['words and a user in front', `Jan 24 host nginx: ${line({ user: 'frank' })}`],
    ['two host names in front', line({ host: 'proxy.example client.example' })],
    ['something before the address', ` ${line()}`],
    ['an unescaped quote', line({ agent: 'a"b' })],
    ['a status that is no number', line({ status: 'OK' })],
    ['a status of two digits', line({ status: '30' })],
    ['a size that is no number', line({ size: '1k' })],
    ['a time without an offset', line({ time: '31/Jan/2026:10:00:00' })],
    ['an unknown month', line({ time: '31/Foo/2026:10:00:00 +0000' })],
    ['30 February', line({ time: '30/Feb/2026:10:00:00 +0000' })],
    ['29 February of a common year', line({ time: '29/Feb/2026:10:00:00 +0000' })],
    ['day 0', line({ time: '00/Jan/2026:10:00:00 +0000' })],
    ['hour 24', line({ time: '31/Jan/2026:24:00:00 +0000' })],
    ['minute 60', line({ time: '31/Jan/2026:10:60:00 +0000' })],
    ['an offset of 60 minutes', line({ time: '31/Jan/2026:10:00:00 +0060' })],
    ['an offset of 24 hours', line({ time: '31/Jan/2026:10:00:00 +2400' })],
    ['JSON', '{"short_code":"code"}'],
  ])('%s is rejected', (_, text) => {
    expect(parseCombinedLine(text).kind).toBe('rejected');
  });
});

describe('a forwarded address', () => {
  const click = (trustProxy: number, forwarded: string): unknown => {
    const record = parserOf({ format: 'combined', columns: [], trust_proxy: trustProxy })(
      line({ host: '192.0.2.80', end: ` "${forwarded}"` }),
    );
    return record.kind === 'click' ? record.value['ip'] : record.kind;
  };

  test.each([
    [0, '203.0.113.7', '192.0.2.80'],
    [1, '203.0.113.7', '203.0.113.7'],
    [1, '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    [2, '198.51.100.1, 203.0.113.7', '198.51.100.1'],
    [2, '203.0.113.7', '192.0.2.80'],
    [1, '[2001:db8::1]:443', '2001:db8::1'],
    [1, '-', '192.0.2.80'],
    [1, 'unknown', '192.0.2.80'],
    [1, 'go.example" 12 "203.0.113.7', '203.0.113.7'],
  ])('behind %i proxies, of %j: %s', (trustProxy, forwarded, ip) => {
    expect(click(trustProxy, forwarded)).toBe(ip);
  });
});

test('a line is parsed in time linear in its length, whatever it holds', () => {
  const count = 200_000;
  for (const part of ['"', '\\"', '\\', ' ', ' [', '] "', '" "', ' -', ', ', '%']) {
    const long = part.repeat(count);
    for (const parts of [{ user: long }, { request: long }, { agent: long }, { end: long }, { host: long }])
      expect(parseCombinedLine(line(parts)).kind).not.toBe('');
  }
});
