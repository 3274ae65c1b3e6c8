import { parseUrl } from './url.ts';

/** A host that the URL parser would leave as it is; it has a dot and does not end in a number, which would be an address. */
const PLAIN_HOST = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z]+$/;

/** What may be a host with a port: no spaces, and nothing that ends a URL's authority. */
const AUTHORITY = /^[^\s/\\?#]+$/;

const MAX_HOST_CHARACTERS = 253;

/**
 * The name of the host in `user@Go.Example.:8080`, as a URL has it: lower-case, punycode for letters outside ASCII, no port, no
 * credentials, no dot after it; IPv6 addresses in brackets. Undefined where the text cannot be a host.
 */
export function hostName(authority: string): string | undefined {
  if (authority.length <= MAX_HOST_CHARACTERS && PLAIN_HOST.test(authority)) return authority;
  if (!AUTHORITY.test(authority)) return undefined;
  const host = parseUrl(`http://${authority}`)?.hostname.replace(/\.$/, '') ?? '';
  const isHost = /[a-z\d]/.test(host) && !host.includes('..') && host.length <= MAX_HOST_CHARACTERS;
  return isHost ? host : undefined;
}
