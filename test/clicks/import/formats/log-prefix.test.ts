import { expect, test } from '@jest/globals';
import { LOG_PREFIXES, type LogPrefixName } from '../../../../src/clicks/import/formats/log-prefix.ts';
import { parserOf } from '../../../../src/clicks/import/reading.ts';
import { hasRecords, recogniseFormat, recognisePrefix } from '../../../../src/clicks/import/recognise.ts';

const COMBINED = '203.0.113.7 - - [24/Jan/2026:10:05:03 +0000] "GET /launch HTTP/1.1" 302 0 "-" "curl/8.5.0"';
const HAPROXY =
  '203.0.113.7:3 [24/Jan/2026:10:05:03.655] in app/s1 10/0/30/69/109 302 9 - - ---- 1/1/1/1/0 0/0 "GET /launch HTTP/1.1"';

test.each<readonly [LogPrefixName, string, string]>([
  ['syslog', 'Jan 24 10:05:03 host haproxy[14389]: ', HAPROXY],
  ['syslog', '<134>Jan  4 10:05:03 host nginx: ', COMBINED],
  ['syslog', '2026-01-24T10:05:03.123456+00:00 host nginx: ', COMBINED],
  ['syslog', '<134>1 2026-01-24T10:05:03Z host nginx 123 - - ', COMBINED],
  ['kubernetes', '2026-01-24T10:05:03.123456789Z stdout F ', COMBINED],
])('%s: %s', (name, prefix, line) => {
  expect(LOG_PREFIXES[name].strip(prefix + line)).toBe(line);
  const text = `${prefix}${line}\n${prefix}starting\n${prefix}${line}\n`;
  expect(recogniseFormat(text)).toBeUndefined();
  const found = recognisePrefix(text);
  expect(found?.prefix).toBe(name);
  const format = recogniseFormat(found?.text ?? '') ?? 'ndjson';
  const parse = parserOf({ format, columns: [], prefix: name });
  expect([prefix + line, line, `${prefix}starting`].map((record) => parse(record).kind)).toEqual([
    'click',
    'rejected',
    'rejected',
  ]);
});

test('a line in JSON', () => {
  const line = JSON.stringify({ log: `${COMBINED}\n`, stream: 'stdout', time: '2026-01-24T10:05:03Z' });
  expect(recognisePrefix(line)).toEqual({ prefix: 'docker', text: COMBINED });
  expect(parserOf({ format: 'combined', columns: [], prefix: 'docker' })(line)).toMatchObject({
    value: { short_code: 'launch' },
  });
  expect(LOG_PREFIXES.docker.strip('{"log":5}')).toBeUndefined();
});

test('a log without one', () => {
  for (const line of [COMBINED, HAPROXY, '{"short_code":"a"}', 'short_code,city', ''])
    expect(recognisePrefix(line)).toBeUndefined();
  expect(hasRecords(COMBINED, { format: 'combined', columns: [] })).toBe(true);
  expect(hasRecords(`x ${COMBINED}`, { format: 'combined', columns: [] })).toBe(false);
});
