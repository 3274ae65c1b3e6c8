import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { findIp } from '../../lib/ip.ts';

/**
 * The address of the client behind `proxies` proxies, in canonical form; undefined when the connection is closed.
 *
 * Each proxy appends its peer's address to `X-Forwarded-For`, so the client stands `proxies` places from the right, and
 * everything left of that is the client's own claim. A header with fewer entries, or without an address in that place, did
 * not pass these proxies: it is ignored, and the address of the connection counts.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string,
  proxies: number,
): string | undefined {
  const entry = proxies > 0 ? forwardedFor.split(',').at(-proxies) : undefined;
  // Some proxies write the port after the address.
  return findIp(entry ?? '') ?? findIp(socketAddress ?? '');
}

/** The network of the client behind `proxies` proxies. Clients that have disconnected share one name. */
export function clientNetwork(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxies: number,
): string {
  const forwardedFor = [headers['x-forwarded-for'] ?? ''].flat().join();
  const address = clientAddress(socket.remoteAddress, forwardedFor, proxies);
  return address === undefined ? 'none' : networkOf(address);
}

/** The addresses that one client can have: an IPv4 address, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
