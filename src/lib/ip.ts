import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The address in its one canonical form: dotted IPv4, IPv6 by RFC 5952, an IPv4-mapped IPv6 address as IPv4.
 * `undefined` when the text is not exactly one address (short, octal or hexadecimal IPv4, a zone id, blanks).
 */
export function parseIp(text: string): string | undefined {
  if (isIpv4(text)) return text;
  // `isIPv6` accepts a zone id, which is meaningless on other machines.
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The library takes an address that only ends in an IPv4 one (`::192.0.2.1`) for a mapped one.
  const address = ipaddr.IPv6.parse(withHexadecimalEnd(text));
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

function withHexadecimalEnd(text: string): string {
  const end = text.lastIndexOf(':') + 1;
  const last = text.slice(end);
  if (!isIpv4(last)) return text;
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number);
  return `${text.slice(0, end)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

const ZERO = 0x30;
const POINT = 0x2e;

/** As `isIPv4` of Node, in a third of the time: four decimal numbers up to 255, without leading zeros. */
function isIpv4(text: string): boolean {
  if (text.length > '255.255.255.255'.length) return false;
  let numbers = 0;
  let digits = 0;
  let number = 0;
  for (let place = 0; place <= text.length; place++) {
    const unit = place === text.length ? POINT : text.charCodeAt(place);
    if (unit === POINT) {
      if (digits === 0 || number > 255) return false;
      numbers++;
      digits = 0;
      number = 0;
    } else {
      if (unit < ZERO || unit > ZERO + 9 || (digits > 0 && number === 0)) return false;
      number = number * 10 + unit - ZERO;
      digits++;
    }
  }
  return numbers === 4;
}

/** `[2001:db8::1]`, `[2001:db8::1]:443`, `192.0.2.1:4711`. */
const BRACKETS_OR_PORT = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/;

/**
 * The address in canonical form where it has a port, brackets or a zone, or is the first of a list that commas separate.
 * `undefined` when the text does not begin with an address.
 */
export function findIp(text: string): string | undefined {
  const comma = text.indexOf(',');
  const first = (comma === -1 ? text : text.slice(0, comma)).trim();
  const [, bracketed, beforePort] = BRACKETS_OR_PORT.exec(first) ?? [];
  const [withoutZone = ''] = (bracketed ?? beforePort ?? first).split('%', 1);
  return parseIp(withoutZone);
}
