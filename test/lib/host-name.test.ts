import { expect, test } from '@jest/globals';
import { hostName } from '../../src/lib/host-name.ts';

test.each([
  ['go.example.com', 'go.example.com'],
  ['GO.Example.Com:8080', 'go.example.com'],
  ['go.example.', 'go.example'],
  ['user:word@go.example:443', 'go.example'],
  ['münchen.example', 'xn--mnchen-3ya.example'],
  ['localhost:3000', 'localhost'],
  ['203.0.113.7:80', '203.0.113.7'],
  ['[2001:DB8::1]:8080', '[2001:db8::1]'],
  ['go_1.example', 'go_1.example'],
  ['_', undefined],
  ['*', undefined],
  ['a..b', undefined],
  ['go.example:99999', undefined],
  ['go.example/launch', undefined],
  ['two words', undefined],
  [`${'a.'.repeat(130)}example`, undefined],
  ['', undefined],
])('the host in %j is %j', (authority, host) => {
  expect(hostName(authority)).toBe(host);
});
