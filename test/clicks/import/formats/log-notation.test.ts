import { describe, expect, test } from '@jest/globals';
import { NotationError, compileNotation } from '../../../../src/clicks/import/formats/log-notation.ts';
import { parseClickTime } from '../../../../src/lib/date-time.ts';
import { parserOf } from '../../../../src/clicks/import/reading.ts';

const parse = (notation: string, line: string) =>
  parserOf({ format: 'combined', log_format: notation, columns: [] })(line);

const CLICK = { short_code: 'launch', clicked_at: '2026-01-24T10:05:03.000Z', ip: '203.0.113.7' };

describe('a log format as it stands in the server’s configuration', () => {
  test.each([
    [
      'nginx',
      `log_format main '$remote_addr - $remote_user [$time_local] "$request" '\n  '$status $body_bytes_sent "$http_x_forwarded_for"';`,
      '203.0.113.7 - - [24/Jan/2026:10:05:03 +0000] "GET /launch HTTP/1.1" 301 0 "-"',
    ],
    [
      'nginx, method and target apart, two upstream servers',
      '$host $remote_addr [$time_local] $request_method $uri$is_args$args $status $upstream_response_time "$x"',
      'go.example 203.0.113.7 [24/Jan/2026:10:05:03 +0000] GET /launch?a=b 302 0.001, 0.002 "any thing"',
    ],
    [
      'Apache',
      String.raw`LogFormat "%a %{X-Id}i %t \"%m %U%q %H\" %>s %{us}T" main`,
      '203.0.113.7 id-1 [24/Jan/2026:10:05:03 +0000] "GET /launch?a=b HTTP/1.1" 302 12',
    ],
    ['tabs', '%h\\t%t\\t%m\\t%U\\t%s', '203.0.113.7\t[24/Jan/2026:10:05:03 +0000]\tGET\t/launch\t302'],
  ])('%s', (_, notation, line) => {
    expect(parse(notation, line)).toMatchObject({ kind: 'click', value: CLICK });
    for (const broken of [`x ${line}`, `${line} x`, line.replace('GET', 'G ET')])
      expect([broken, parse(notation, broken).kind]).toEqual([broken, expect.not.stringMatching('click')]);
  });

  test.each([
    ['ISO 8601', '$time_iso8601', '2026-01-24T10:05:03+00:00'],
    ['Unix time', '$msec', '1769249103.000'],
  ])('with times in %s', (_, variable, time) => {
    expect(parse(`${variable} $status "$request"`, `${time} 302 "GET /launch HTTP/1.1"`)).toMatchObject({
      value: { short_code: 'launch', clicked_at: time },
    });
  });

  test.each([
    ['[%{%d/%b/%Y:%H:%M:%S %z}t]', '[24/Jan/2026:11:05:03 +0100]'],
    ['[%{begin:%d/%b/%Y:%T %z}t]', '[24/Jan/2026:10:05:03 +0000]'],
    ['%{%Y-%m-%dT%H:%M:%S}t', '2026-01-24T10:05:03'],
    ['%{end:%FT%T%z}t', '2026-01-24T08:35:03-0130'],
    ['"%{%F %T}t"', '"2026-01-24 10:05:03"'],
    ['%{%s}t', '1769249103'],
    ['%{sec}t', '1769249103'],
    ['%{msec}t', '1769249103000'],
    ['%{usec}t', '1769249103000999'],
    ['%{begin:usec}t %{usec_frac}t', '1769249103000999 000999'],
    ['%{%c}t %t', 'Sat Jan 24 10:05:03 2026 [24/Jan/2026:10:05:03 +0000]'],
  ])('with times of Apache in %s', (directive, time) => {
    const { kind, value } = parse(`${directive} %>s "%r"`, `${time} 302 "GET /launch HTTP/1.1"`) as any;
    expect([kind, parseClickTime(value.clicked_at)]).toEqual(['click', Date.parse(CLICK.clicked_at)]);
  });

  test.each([
    ['$args', 'a=b', '?a=b'],
    ['$query_string', '', undefined],
    ['"$args"', '"-"', undefined],
  ])('with the query in %s', (variables, values, url) => {
    const record = parse(
      `$time_iso8601 $request_method $request_uri $status ${variables}`,
      `2026-01-24T10:05:03Z GET /launch 302 ${values}`,
    );
    expect(record).toMatchObject({ value: { short_code: 'launch', url } });
  });

  test.each([
    ['nginx', '"$request" $status "$http_accept_language" $host'],
    ['Apache', '"%r" %>s "%{Accept-Language}i" %{Host}i'],
  ])('%s, with languages and host', (_, notation) => {
    expect(parse(notation, '"GET /launch HTTP/1.1" 302 "de-AT,de;q=0.9" go.example:8080')).toMatchObject({
      value: { accept_language: 'de-AT,de;q=0.9', domain: 'go.example:8080' },
      host: 'go.example:8080',
    });
    expect(parse(notation, '"GET /launch HTTP/1.1" 302 "-" -')).toMatchObject({
      value: { accept_language: undefined, domain: undefined },
    });
    expect(parse(notation, '"GET /launch HTTP/1.1" 302 "*" _')).toMatchObject({
      value: { accept_language: undefined, domain: undefined },
    });
  });

  test('a path that the server has decoded is decoded no more', () => {
    expect(parse('$request_method $uri $status', 'GET /100%25 302')).toMatchObject({
      value: { short_code: '100%25' },
    });
    expect(parse('$request_method $request_uri $status', 'GET /100%25 302')).toMatchObject({
      value: { short_code: '100%' },
    });
  });

  test.each([
    ['', /method.*path.*status/],
    ['combined', /method.*path.*status/],
    ['$request', /status/],
    ['$request_method $status', /path/],
    ['%h %U %s', /method/],
    ['$remote_addr$request $status', /between \$remote_addr and \$request/],
    ['[%{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t] "%r" %>s', /its time, %\{%d\/%b\/%Y:%T\}t, .* cannot be read/],
    ['%{%m/%d/%Y %T}t "%r" %>s', /cannot be read/],
    ['%{%c}t "%r" %>s', /cannot be read/],
    ['$date_gmt "$request" $status', /cannot be read/],
    ['%{%F %T}t "%r" %>s', /nothing but a blank ends %\{%F %T\}t/],
  ])('that does not tell a click is an error: %j', (notation, message) => {
    expect(() => compileNotation(notation, false)).toThrow(NotationError);
    expect(() => compileNotation(notation, false)).toThrow(message);
  });
});
