import { yieldToEventLoop } from '../lib/event-loop.ts';
import type { ClickUrls } from './ingest-options.ts';
import type { NewUrl } from '../urls/short-url.ts';

/** More at once would keep the event loop for too long, and a query's parameters have a bound. */
const CODES_TOGETHER = 4_096;

/**
 * Registers the codes that have no owner yet.
 * @param oldest by code, the time of its oldest click, Unix milliseconds: a new URL's creation
 * @param ownerId owner of the URLs that are new
 * @param importId the import that registers them, if it is one
 * @returns the owners of those that are somebody else's
 */
export async function othersCodes(
  urls: Pick<ClickUrls, 'registerMissing'>,
  oldest: ReadonlyMap<string, number>,
  ownerId: string,
  importId?: bigint,
): Promise<ReadonlyMap<string, string>> {
  const others = new Map<string, string>();
  for (const entries of together(oldest)) {
    const wanted = entries.map(([shortCode, createdAt]): NewUrl => ({
      shortCode,
      ownerId,
      createdAt,
      privateStats: true,
      longUrl: null,
      tags: [],
      importId,
    }));
    const found = await urls.registerMissing(wanted);
    for (const { shortCode } of wanted) {
      const owner = found.get(shortCode)?.ownerId;
      if (owner !== undefined && owner !== ownerId) others.set(shortCode, owner);
    }
    if (wanted.length === CODES_TOGETHER) await yieldToEventLoop();
  }
  return others;
}

/** The owners of codes, by code; codes without an owner are left out. */
export async function ownersOf(
  urls: Pick<ClickUrls, 'findMany'>,
  codes: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  for (const some of together(codes)) {
    for (const [code, { ownerId }] of await urls.findMany(some)) owners.set(code, ownerId);
    if (some.length === CODES_TOGETHER) await yieldToEventLoop();
  }
  return owners;
}

function* together<Item>(items: Iterable<Item>): Generator<readonly Item[]> {
  let some: Item[] = [];
  for (const item of items) {
    some.push(item);
    if (some.length < CODES_TOGETHER) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
