import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { visitorHasher } from '../../../src/clicks/enrich/visitor.ts';
import type { ImportFormatName } from '../../../src/clicks/import/formats/import-formats.ts';
import { parserOf } from '../../../src/clicks/import/reading.ts';
import { parseClick } from '../../../src/clicks/parse-click.ts';
import { DIRECT, normaliseReferrer } from '../../../src/lib/referrer.ts';

/** A request as a client sent it. */
interface SentRequest {
  readonly target: string;
  readonly referrer: string | undefined;
  readonly userAgent: string | undefined;
}

/** How a server writes requests into its log. */
interface Server {
  readonly format: ImportFormatName;
  readonly line: (request: SentRequest) => string;
}

const bytesOf = (text: string): readonly number[] => [...Buffer.from(text)];
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;

/** `ngx_http_log_escape`. */
const nginxText = (text: string): string =>
  bytesOf(text)
    .map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `\\x${hex(byte).toUpperCase()}`))
    .join('');

const APACHE_CONTROLS: Readonly<Record<number, string>> = {
  0x08: '\\b',
  0x09: '\\t',
  0x0a: '\\n',
  0x0b: '\\v',
  0x0d: '\\r',
  0x22: '\\"',
  0x5c: '\\\\',
};

/** `ap_escape_logitem`. */
const apacheText = (text: string): string =>
  bytesOf(text)
    .map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : (APACHE_CONTROLS[byte] ?? `\\x${hex(byte)}`)))
    .join('');

const combined =
  (escaped: (text: string) => string): Server['line'] =>
  ({ target, referrer, userAgent }) => {
    const header = (text: string | undefined): string => (text === undefined ? '-' : escaped(text));
    return `203.0.113.7 - - [24/Jan/2026:10:05:03 +0000] "GET ${escaped(target)} HTTP/1.1" 302 0 "${header(referrer)}" "${header(userAgent)}"`;
  };

const SERVERS: Readonly<Record<string, Server>> = {
  'nginx, as text': { format: 'combined', line: combined(nginxText) },
  Apache: { format: 'combined', line: combined(apacheText) },
  'nginx, escape=json': {
    format: 'nginx-json',
    line: ({ target, referrer = '', userAgent = '' }) =>
      JSON.stringify({
        time_iso8601: '2026-01-24T10:05:03+00:00',
        remote_addr: '203.0.113.7',
        request: `GET ${target} HTTP/1.1`,
        status: '302',
        http_referer: referrer,
        http_user_agent: userAgent,
      }),
  },
  Caddy: {
    format: 'caddy',
    line: ({ target, referrer, userAgent }) =>
      JSON.stringify({
        ts: 1_769_249_103,
        request: {
          client_ip: '203.0.113.7',
          method: 'GET',
          uri: target,
          headers: {
            ...(referrer === undefined ? {} : { Referer: [referrer] }),
            ...(userAgent === undefined ? {} : { 'User-Agent': [userAgent] }),
          },
        },
        status: 302,
      }),
  },
};

const hashVisitor = visitorHasher('a secret');

/** What makes clicks equal, in the log of each server. */
function clicksOf(request: SentRequest): Readonly<Record<string, unknown>> {
  const clicks = Object.entries(SERVERS).map(([server, { format, line }]) => {
    const record = parserOf({ format, columns: [] })(line(request));
    if (record.kind !== 'click') return [server, record];
    const parsed = parseClick(record.value, Date.UTC(2026, 5, 1));
    if (!parsed.ok) return [server, parsed.rejection];
    const { short_code, clicked_at, referrer } = parsed.click;
    const visitor = hashVisitor(parsed.click);
    return [server, { short_code, clicked_at, visitor, referrer: normaliseReferrer(referrer ?? DIRECT) }];
  });
  return Object.fromEntries(clicks);
}

const agent = 'Mozilla/5.0 (X11)';
const referrer = 'https://news.ycombinator.com/item';

test.each<readonly [string, SentRequest]>([
  ['plain', { target: '/launch?a=b', referrer, userAgent: agent }],
  ['without headers', { target: '/launch', referrer: undefined, userAgent: undefined }],
  ['with quotes', { target: '/a"b', referrer: `${referrer}/"x"`, userAgent: 'a "b"' }],
  ['with backslashes', { target: '/a\\b', referrer: `${referrer}/a\\b`, userAgent: 'C:\\x41\\n\\' }],
  ['beyond ASCII', { target: '/café', referrer: `${referrer}/é`, userAgent: 'Agent é 🦊' }],
  ['in percent form', { target: '/caf%C3%A9%22', referrer: `${referrer}/%22`, userAgent: '%22' }],
  ['with control characters', { target: '/a', referrer: `${referrer}/\t`, userAgent: 'a\tb\x7f\v' }],
])('a request %s is the same click in the log of every server', (_, request) => {
  const [first, ...others] = Object.entries(clicksOf(request));
  expect(first?.[1]).toHaveProperty('visitor');
  for (const [server, click] of others) expect([server, click]).toEqual([server, first?.[1]]);
});

test('so is one of any characters', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '"', '\\', 'x', '4', 'n', 'é', '🦊', '\t', '\x01', '%', '-'),
    minLength: 1,
    maxLength: 8,
  });
  const request = fc.record({
    target: text.map((path) => `/a${path}`),
    referrer: fc.option(
      text.map((path) => `https://example.com/${path}`),
      { nil: undefined },
    ),
    userAgent: fc.option(text, { nil: undefined }),
  });
  fc.assert(
    fc.property(request, (sent) => {
      const clicks = Object.values(clicksOf(sent));
      for (const click of clicks) expect(click).toEqual(clicks[0]);
    }),
  );
});
