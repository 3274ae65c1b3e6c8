import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseIp } from '../../lib/ip.ts';

/**
 * The address of the client behind so many proxies, in canonical form; undefined when the connection has none left.
 *
 * Each proxy adds on the right of `X-Forwarded-For` whom it was spoken to by, so the client stands `proxies` places
 * from the right, and what is left of that is the client's own claim. A header with fewer entries, or with no
 * address in that place, did not come the way that was described: nothing in it is to be believed, and the
 * connection's own address counts.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string,
  proxies: number,
): string | undefined {
  const entry = proxies > 0 ? forwardedFor.split(',').at(-proxies) : undefined;
  const forwarded = entry === undefined ? undefined : parseIp(withoutPort(entry.trim()));
  return forwarded ?? (socketAddress === undefined ? undefined : parseIp(socketAddress.replace(/%.*$/, '')));
}

/** Some proxies write the port behind the address: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
}

/** The network a request comes from, past so many proxies. Clients that are gone share one name. */
export function clientNetwork(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxies: number,
): string {
  const forwardedFor = [headers['x-forwarded-for'] ?? ''].flat().join();
  const address = clientAddress(socket.remoteAddress, forwardedFor, proxies);
  return address === undefined ? 'none' : networkOf(address);
}

/** What one client can have of addresses: an IPv4 address, or the /64 that an IPv6 address is in. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
