import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The address in its one canonical form: dotted IPv4, IPv6 by RFC 5952, an IPv4-mapped IPv6 address as IPv4.
 * `undefined` when the text is not exactly one address (short, octal or hexadecimal IPv4, a zone id, blanks).
 */
export function parseIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // `isIPv6` accepts a zone id, which is meaningless on other machines.
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}
