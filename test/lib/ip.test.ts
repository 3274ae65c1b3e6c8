import { isIPv4 } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { findIp, parseIp } from '../../src/lib/ip.ts';

/** RFC 5952 by hand: hexadecimal groups without leading zeros, the first longest run of two or more zeros as `::`. */
function canonicalV6(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

const isMapped = (groups: readonly number[]): boolean =>
  groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;

const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const groupsOfEight = fc.array(group, { minLength: 8, maxLength: 8 }).filter((groups) => !isMapped(groups));

describe('parseIp', () => {
  test('keeps every IPv4 address as it is', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(parseIp(ip)).toBe(ip);
      }),
    );
  });

  test('takes as IPv4 what Node does', () => {
    const part = fc.constantFrom(
      '0',
      '1',
      '9',
      '00',
      '01',
      '10',
      '99',
      '255',
      '256',
      '2550',
      '',
      '.',
      'a',
      ' 1',
      '-1',
      '1e1',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.join('.');
        expect(parseIp(text)).toBe(isIPv4(text) ? text : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  test('writes IPv6 by RFC 5952, however it was written', () => {
    fc.assert(
      fc.property(groupsOfEight, fc.boolean(), (groups, upper) => {
        const long = groups.map((value) => value.toString(16).padStart(4, '0')).join(':');
        const canonical = canonicalV6(groups);
        expect(parseIp(upper ? long.toUpperCase() : long)).toBe(canonical);
        expect(parseIp(canonical)).toBe(canonical);
      }),
    );
  });

  test.each([
    ['2001:DB8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    // Ends in an IPv4 address, but is no mapped one.
    ['::192.0.2.33', '::c000:221'],
    ['::ffff:0:192.0.2.33', '::ffff:0:c000:221'],
  ])('%s is %s', (text, canonical) => {
    expect(parseIp(text)).toBe(canonical);
  });

  test.each([
    '',
    '-',
    ' 192.0.2.1',
    '192.0.2.1 ',
    '192.0.2',
    '3221225985',
    '0300.0.2.1',
    '192.0.02.1',
    '0xc0.0.2.1',
    '192.0.2.256',
    '192.0.2.1:80',
    '192.0.2.1/32',
    'fe80::1%eth0',
    '[::1]',
    '1:2:3:4:5:6:7',
    '1::2::3',
    '12345::',
    'localhost',
  ])('%j is no address', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});

describe('findIp', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const port = fc.nat(65_535);

  test('finds an address beside a port, brackets and a zone, and before a comma', () => {
    fc.assert(
      fc.property(
        address,
        port,
        fc.string(),
        fc.constantFrom('', '%eth0', '%25en1'),
        (ip, number, rest, zone) => {
          const canonical = parseIp(ip);
          const forms = [`[${ip}${zone}]:${number}`, `[${ip}${zone}]`, `${ip}${zone}`];
          if (!ip.includes(':')) forms.push(`${ip}:${number}`);
          for (const form of forms) {
            expect(findIp(form)).toBe(canonical);
            expect(findIp(` ${form} ,${rest}`)).toBe(canonical);
          }
        },
      ),
    );
  });

  test.each([
    '',
    ',',
    '-',
    'unknown',
    'unknown, 192.0.2.1',
    'NULL',
    '\\N',
    'unix:',
    'unix:/run/web.sock',
    'localhost',
    'host.example:80',
    '192.0.2.1:',
    '192.0.2.1:123456',
    '192.0.2.1:http',
    '192.0.2.1:80:80',
    '192.0.2.1 198.51.100.1',
    '[192.0.2.1',
    '[::1]443',
    '[::1]:443]',
    '2001:db8:0:0:0:0:0:1:443',
    '%eth0',
  ])('%j does not begin with an address', (text) => {
    expect(findIp(text)).toBeUndefined();
  });
});
