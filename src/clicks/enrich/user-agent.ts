import { isbot } from 'isbot';
import { UAParser } from 'my-ua-parser';
import QuickLRU from 'quick-lru';
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

/** `parseUserAgent` that remembers its last answers: about `limit` of them, twice as many at most. */
export function cachedUserAgents(limit: number): ParseUserAgent {
  const cache = new QuickLRU<string, UserAgent>({ maxSize: limit });
  return (userAgent) => {
    const known = cache.get(userAgent);
    if (known !== undefined) return known;
    const parsed = parseUserAgent(userAgent);
    cache.set(userAgent, parsed);
    return parsed;
  };
}
