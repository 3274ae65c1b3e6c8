import { describe, expect, test } from '@jest/globals';
import { clientAddress, networkOf } from '../../../src/http/request/client-address.ts';

describe('clientAddress', () => {
  test.each<[string, string, number, string]>([
    ['no proxy: the connection, whatever is claimed', '198.51.100.1', 0, '192.0.2.9'],
    ['one proxy: the last entry', '198.51.100.1, 198.51.100.2', 1, '198.51.100.2'],
    ['two proxies: the last but one', '203.0.113.1, 198.51.100.1,198.51.100.2', 2, '198.51.100.1'],
    ['as many entries as proxies', '198.51.100.1,198.51.100.2', 2, '198.51.100.1'],
    ['fewer entries than proxies: the connection', '198.51.100.1', 2, '192.0.2.9'],
    ['no header: the connection', '', 1, '192.0.2.9'],
    ['IPv4-mapped as IPv4', '::ffff:198.51.100.1', 1, '198.51.100.1'],
    ['IPv6 in canonical form', '2001:DB8:0:0::1', 1, '2001:db8::1'],
    ['a port behind IPv4', '198.51.100.1:4711', 1, '198.51.100.1'],
    ['a port behind IPv6', '[2001:db8::1]:4711', 1, '2001:db8::1'],
    ['brackets', '[2001:db8::1]', 1, '2001:db8::1'],
    ['no address: the connection', 'unknown', 1, '192.0.2.9'],
    ['an empty entry: the connection', '198.51.100.1, ', 1, '192.0.2.9'],
    ['a number too large: the connection', '198.51.100.256', 1, '192.0.2.9'],
    ['two addresses in one entry: the connection', '198.51.100.1 198.51.100.2', 1, '192.0.2.9'],
    ['a malformed claim left of the client does not matter', '<script>, 198.51.100.1', 1, '198.51.100.1'],
  ])('%s', (_, header, proxies, address) => {
    expect(clientAddress('192.0.2.9', header, proxies)).toBe(address);
  });

  test.each([
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['fe80::1%eth0', 'fe80::1'],
    [undefined, undefined],
  ])('the connection %s is %s', (socketAddress, address) => {
    expect(clientAddress(socketAddress, '', 0)).toBe(address);
  });
});

describe('networkOf', () => {
  test.each([
    ['192.0.2.9', '192.0.2.9'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is in %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
