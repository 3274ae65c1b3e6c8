import { isBotAgent } from './bots.ts';
import type { ByteLru } from '../../cache/byte-lru.ts';
import { type AgentFamilies, agentFamilies } from './agent-families.ts';
import { UNKNOWN_FAMILY } from './families.ts';
import { withoutDevices } from './without-devices.ts';

/** What a user agent tells: families without version, and whether it says that it is a program. */
export type UserAgent = AgentFamilies & { readonly isBot: boolean };

export type ParseUserAgent = (userAgent: string) => UserAgent;

const NOTHING_TOLD: UserAgent = { browser: UNKNOWN_FAMILY, os: UNKNOWN_FAMILY, isBot: false };

/** Reads the families of browser and operating system (`Unknown` if it cannot tell) and the bot flag. */
export function parseUserAgent(userAgent: string): UserAgent {
  if (userAgent === '' || userAgent === '-') return NOTHING_TOLD;
  const agent = userAgent.toLowerCase();
  const text = withoutDevices(agent);
  return { ...agentFamilies(text), isBot: isBotAgent(agent, text) };
}

/** What one takes beside its text. */
const OVERHEAD = 256;

/** `parseUserAgent` that remembers its answers. */
export function cachedUserAgents(cache: ByteLru<UserAgent>): ParseUserAgent {
  return (userAgent) => {
    const known = cache.get(userAgent);
    if (known !== undefined) return known;
    const parsed = parseUserAgent(userAgent);
    cache.set(userAgent, parsed, 2 * userAgent.length + OVERHEAD);
    return parsed;
  };
}
