import { isbot } from 'isbot';
import { UAParser } from 'my-ua-parser';
import type { ByteLru } from '../../cache/byte-lru.ts';
import { ownCopy } from '../../lib/own-copy.ts';
import { browserFamily, osFamily, UNKNOWN_FAMILY } from './families.ts';

/** What a user agent tells: families without version, and whether it says that it is a program. */
export type UserAgent = { readonly browser: string; readonly os: string; readonly isBot: boolean };

export type ParseUserAgent = (userAgent: string) => UserAgent;

const NOTHING_TOLD: UserAgent = { browser: UNKNOWN_FAMILY, os: UNKNOWN_FAMILY, isBot: false };

/** Reads the families of browser and operating system (`Unknown` if it cannot tell) and the bot flag. */
export function parseUserAgent(userAgent: string): UserAgent {
  if (userAgent === '' || userAgent === '-') return NOTHING_TOLD;
  const parser = new UAParser(userAgent);
  const os = osFamily(parser.getOS().name);
  return { browser: browserFamily(parser.getBrowser().name, os), os, isBot: isbot(userAgent) };
}

/** What one takes beside its text. */
const OVERHEAD = 256;

/** `parseUserAgent` that remembers its answers. */
export function cachedUserAgents(cache: ByteLru<UserAgent>): ParseUserAgent {
  return (userAgent) => {
    const known = cache.get(userAgent);
    if (known !== undefined) return known;
    // Families that no table has are pieces of the text.
    const parsed = parseUserAgent(ownCopy(userAgent));
    cache.set(userAgent, parsed, 2 * userAgent.length + OVERHEAD);
    return parsed;
  };
}
