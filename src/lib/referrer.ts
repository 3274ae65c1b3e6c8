import { firstCharacters } from './first-characters.ts';
import { parseUrl } from './url.ts';

/** The referrer of a click without one. */
export const DIRECT = 'Direct';

/**
 * A referrer filter: stored referrers, or every referrer of some hosts (with their ports). It lists every spelling that can be
 * stored, so that it is a look-up in a set.
 */
export type ReferrerFilter =
  | { readonly kind: 'referrers'; readonly referrers: readonly string[] }
  | { readonly kind: 'hosts'; readonly hosts: readonly string[] };

/** The longest address that is kept of a referrer. What is stored of it may be longer: it is percent-encoded. */
export const MAX_REFERRER_CHARACTERS = 2_048;

/** The schemes that referrers have. Android's apps send the third, with the app's name as the host. */
const SCHEMES: readonly string[] = ['https:', 'http:', 'android-app:'];

/** Ports that a URL of one of the schemes leaves out. */
const DEFAULT_PORTS: readonly string[] = ['443', '80'];

/**
 * A URL that is in its stored form once query and fragment are removed: the URL parser would change nothing in it (upper-case
 * and numeric hosts, ports, dot segments, escapes). The last label of the host is letters, because a number would be an IP address.
 */
const PLAIN_URL = /^(https?:\/\/(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+(?:\/+[\w~-][\w~.-]*)*)\/*(?:[?#].*)?$/;

/** A referrer without its scheme: slashes, host, port and the rest. */
const WITHOUT_SCHEME = /^(\/\/)?(\[[^\s/\\?#@[\]]+\]|[^\s/\\?#@:[\]]+)(?::0*(\d{1,5}))?([/?#].*)?$/s;

/** A host that the URL parser takes for an IPv4 address, and one that people write so. */
const NUMERIC_HOST = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}\.?$/;

/**
 * A referrer as it is stored: scheme, lower-case host, port if unusual, and path, without query, fragment, credentials,
 * trailing slashes or a dot behind the host, and with `%2C` for a comma (so that lists of referrers can be split at commas).
 * One without a scheme is taken for https. Whatever is no such URL is `Direct`. Applying it twice changes nothing more.
 */
export function normaliseReferrer(text: string): string {
  return storedForm(text) ?? storedForm(withScheme(text.trim())) ?? DIRECT;
}

/**
 * Parses one value of a referrer filter: `Direct`, a full URL (normalised like a stored referrer), a bare host, or a host
 * with a path, which is that referrer under both https and http. Earlier releases stored the dot behind a host, so hosts are
 * looked for with it too. A long one is cut as those of clicks are, and looked for as it is too, since a stored one may be as
 * long. A value that no stored referrer can equal is kept as it is, so it matches nothing.
 */
export function parseReferrerFilter(text: string): ReferrerFilter {
  if (text === DIRECT) return { kind: 'referrers', referrers: [DIRECT] };
  const sent = text.trim();
  const [, slashes = '', name, port, rest = ''] = WITHOUT_SCHEME.exec(sent) ?? [];
  const stored = normaliseReferrer(name === undefined ? text : `https://${name}${rest}`);
  if (stored === DIRECT) return { kind: 'referrers', referrers: [text] };
  const whole = partsOf(stored);
  if (name === undefined) {
    const referrers = [whole, ...cutParts(text)].flatMap(({ scheme, host, path }) =>
      withDot([host]).map((one) => `${scheme}${one}${path}`),
    );
    return { kind: 'referrers', referrers };
  }
  const hosts = withDot(withPort(whole.host, port));
  if (whole.path === '') return { kind: 'hosts', hosts };
  const address = sent.slice(slashes.length);
  const cut = ['https://', 'http://', '//', ''].flatMap((prefix) => cutParts(`${prefix}${address}`));
  const referrers = [{ ...whole, scheme: 'https://' }, { ...whole, scheme: 'http://' }, ...cut].flatMap(
    ({ scheme, path }) => hosts.map((host) => `${scheme}${host}${path}`),
  );
  return { kind: 'referrers', referrers };
}

/** A referrer without its query and fragment. */
export function withoutQuery(text: string): string {
  const end = text.search(/[?#]/);
  return end === -1 ? text : text.slice(0, end);
}

/** What is kept of a referrer as a click sends it, or as a filter names it. */
export function cutReferrer(text: string): string {
  return firstCharacters(withoutQuery(text), MAX_REFERRER_CHARACTERS);
}

/** What is stored of a referrer that is cut; nothing where it is not. */
function cutParts(sent: string): readonly ReferrerParts[] {
  if (sent.length <= MAX_REFERRER_CHARACTERS) return [];
  const stored = normaliseReferrer(cutReferrer(sent));
  return stored === DIRECT ? [] : [partsOf(stored)];
}

/** A stored referrer; its scheme goes up to its host. */
interface ReferrerParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
}

function partsOf(stored: string): ReferrerParts {
  const hostStart = stored.indexOf('//') + 2;
  const slash = stored.indexOf('/', hostStart);
  const hostEnd = slash === -1 ? stored.length : slash;
  return {
    scheme: stored.slice(0, hostStart),
    host: stored.slice(hostStart, hostEnd),
    path: stored.slice(hostEnd),
  };
}

/** undefined where the text is the URL of no referrer. */
function storedForm(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // Most referrers match, and `new URL` takes twenty times as long.
  return PLAIN_URL.exec(text)?.[1] ?? storedFormOf(parseUrl(text));
}

function storedFormOf(url: URL | undefined): string | undefined {
  if (url === undefined || !SCHEMES.includes(url.protocol) || url.hostname === '') return undefined;
  const { protocol, host, hostname, port } = url;
  const path = withoutTrailing('/', url.pathname).replaceAll(',', '%2C');
  // The parser leaves the host of an app as it was written.
  if (!hostname.endsWith('.')) return `${protocol}//${host.toLowerCase()}${path}`;
  const name = withoutTrailing('.', hostname);
  // What is left can be no host, or an address.
  return name === '' ? undefined : storedForm(`${protocol}//${name}:${port}${path}`);
}

/**
 * `//host…` as an https URL, and `host…` where that looks like a host: it has a dot, or is an address or `localhost`. Other
 * words (`none`, `unknown`) are what clients write in place of a referrer.
 */
function withScheme(text: string): string | undefined {
  const [, slashes, name, port, rest = ''] = WITHOUT_SCHEME.exec(text) ?? [];
  if (name === undefined || (NUMERIC_HOST.test(name) && !IPV4.test(name))) return undefined;
  const isHost = slashes !== undefined || /[^.]\.[^.]|^\[|^localhost$/i.test(name);
  return isHost ? `https://${name}${port === undefined ? '' : `:${port}`}${rest}` : undefined;
}

/** With a port that a URL leaves out, also the host without it. */
function withPort(host: string, port: string | undefined): readonly string[] {
  if (port === undefined) return [host];
  return DEFAULT_PORTS.includes(port) ? [host, `${host}:${port}`] : [`${host}:${port}`];
}

/** These hosts, and the same with a dot behind their names; addresses in brackets have none. */
function withDot(hosts: readonly string[]): readonly string[] {
  const all = [...hosts];
  for (const host of hosts) {
    const colon = host.indexOf(':');
    if (colon === -1) all.push(`${host}.`);
    else if (!host.startsWith('[')) all.push(`${host.slice(0, colon)}.${host.slice(colon)}`);
  }
  return all;
}

/** A loop, because a regular expression such as `/\/+$/` takes quadratic time on a long run of slashes elsewhere. */
function withoutTrailing(character: '/' | '.', text: string): string {
  let end = text.length;
  while (text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}
