import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Whether a URL has no parts that are settings of their own. */
export function isServerUrl(text: string): boolean {
  const { username, password, pathname, search, hash } = new URL(text);
  return [username, password, search, hash].every((part) => part === '') && pathname === '/';
}

export const RESERVED_DATABASES = /^(system|information_schema|_temporary_and_external_tables)$/i;

/** Temporary databases of backups; a start drops those that an interrupted backup has left. */
export const TEMPORARY_DATABASES = /_(snapshot|restored)$/;

export function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, username, password, search, hash } = new URL(text);
  return (
    /^rediss?:$/.test(protocol) &&
    hostname !== '' &&
    search === '' &&
    hash === '' &&
    /^(\/\d*)?$/.test(pathname) &&
    [username, password].every(isPercentEncoded)
  );
}

function isPercentEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

/** Whether an origin is written as browsers send it: scheme, host and port only. */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}

/** An .mmdb file has these magic bytes before its metadata, within its last 128 KiB. */
const MMDB_MAGIC = Buffer.from('\xAB\xCD\xEFMaxMind.com', 'latin1');
const MMDB_TAIL = 131_072;

export function isPlaceDatabase(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    const tail = Buffer.alloc(MMDB_TAIL);
    const { size } = fstatSync(file);
    readSync(file, tail, 0, MMDB_TAIL, Math.max(0, size - MMDB_TAIL));
    closeSync(file);
    return tail.includes(MMDB_MAGIC);
  } catch {
    return false;
  }
}

/** Whether a name and a percent-encoded value can be an attribute of an OpenTelemetry resource. */
export function isAttribute(name: string, value: string): boolean {
  try {
    return /^[\x21-\x7e]+$/.test(name) && decodeURIComponent(value) !== '';
  } catch {
    return false;
  }
}

/** Whether a name and a percent-encoded value can be a header of a request. */
export function isHeader(name: string, value: string): boolean {
  try {
    return /^[\w.-]+$/.test(name) && /^[\x20-\x7e]+$/.test(decodeURIComponent(value));
  } catch {
    return false;
  }
}
