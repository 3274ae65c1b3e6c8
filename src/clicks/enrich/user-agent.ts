import type { ByteLru } from '../../cache/byte-lru.ts';
import { NONE } from '../../lib/none.ts';
import { UNKNOWN } from '../../lib/unknown.ts';
import { type AgentFamilies, agentFamilies } from './agent-families.ts';
import { botName } from './bot-names.ts';
import { isBotAgent } from './bots.ts';
import { deviceOf } from './devices.ts';
import { browserVersion, osVersion } from './agent-versions.ts';
import { withoutDevices } from './without-devices.ts';

/** What is parsed from a user agent; unknown parts are `Unknown`. */
export interface UserAgent extends AgentFamilies {
  /** Major versions. */
  readonly browserVersion: string;
  readonly osVersion: string;
  /** The kind of device. */
  readonly device: string;
  /** Whether it says that it is a program. */
  readonly isBot: boolean;
  /** What the program calls itself; `(none)` for people's agents. */
  readonly bot: string;
}

export type ParseUserAgent = (userAgent: string) => UserAgent;

const NOTHING_TOLD: UserAgent = {
  browser: UNKNOWN,
  os: UNKNOWN,
  browserVersion: UNKNOWN,
  osVersion: UNKNOWN,
  device: UNKNOWN,
  isBot: false,
  bot: NONE,
};

/** Parses a user agent: families and versions of browser and operating system, the device, and whether it is a bot and which. */
export function parseUserAgent(userAgent: string): UserAgent {
  if (userAgent === '' || userAgent === '-') return NOTHING_TOLD;
  const agent = userAgent.toLowerCase();
  const text = withoutDevices(agent);
  const { browser, os } = agentFamilies(text);
  const isBot = isBotAgent(agent, text);
  return {
    browser,
    os,
    browserVersion: browserVersion(browser, agent),
    osVersion: osVersion(os, agent),
    device: deviceOf(os, agent),
    isBot,
    bot: isBot ? botName(userAgent) : NONE,
  };
}

/** What one takes beside its text. */
const OVERHEAD = 320;

/** `parseUserAgent` with a cache. */
export function cachedUserAgents(cache: ByteLru<UserAgent>): ParseUserAgent {
  return (userAgent) => {
    const known = cache.get(userAgent);
    if (known !== undefined) return known;
    const parsed = parseUserAgent(userAgent);
    cache.set(userAgent, parsed, 2 * userAgent.length + OVERHEAD);
    return parsed;
  };
}
