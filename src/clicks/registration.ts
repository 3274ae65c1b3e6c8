import { yieldToEventLoop } from '../lib/event-loop.ts';
import type { ShortUrl, UrlRegistry } from '../urls/registry.ts';

export interface RegistrationOptions {
  /** Owner of the URLs that are new. */
  readonly ownerId: string;
  /** Register nothing, only look. */
  readonly countOnly?: boolean;
}

/** More at once would keep the event loop for too long, and a query's parameters have a bound. */
const CODES_TOGETHER = 4_096;

/**
 * Registers the codes that nobody owns yet.
 * @param oldest by code, the time of its oldest click, Unix milliseconds: a new URL's creation
 * @returns the owners of those that are somebody else's
 */
export async function othersCodes(
  urls: UrlRegistry,
  oldest: ReadonlyMap<string, number>,
  { ownerId, countOnly = false }: RegistrationOptions,
): Promise<ReadonlyMap<string, string>> {
  const others = new Map<string, string>();
  for (const wanted of together(oldest, ownerId)) {
    const codes = wanted.map(({ shortCode }) => shortCode);
    const found = countOnly ? await urls.findMany(codes) : await urls.registerMissing(wanted);
    for (const code of codes) {
      const owner = found.get(code)?.ownerId;
      if (owner !== undefined && owner !== ownerId) others.set(code, owner);
    }
    if (wanted.length === CODES_TOGETHER) await yieldToEventLoop();
  }
  return others;
}

function* together(oldest: ReadonlyMap<string, number>, ownerId: string): Generator<readonly ShortUrl[]> {
  let wanted: ShortUrl[] = [];
  for (const [shortCode, createdAt] of oldest) {
    wanted.push({ shortCode, ownerId, createdAt, privateStats: true, longUrl: null });
    if (wanted.length < CODES_TOGETHER) continue;
    yield wanted;
    wanted = [];
  }
  if (wanted.length > 0) yield wanted;
}
