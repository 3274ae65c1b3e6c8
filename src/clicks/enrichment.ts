import type { ByteLru } from '../cache/byte-lru.ts';
import { type EnrichStep, enrichSteps, needsPlace } from './enrich/enrich.ts';
import { UNKNOWN_PLACE } from './enrich/place.ts';
import { type UserAgent, cachedUserAgents } from './enrich/user-agent.ts';
import type { HashVisitor } from './enrich/visitor.ts';
import type { IngestContext } from './ingest-options.ts';
import { type PlaceCache, type PlaceFiles, lazily, placesIn } from './place-database.ts';

/** What the enrich steps of a thread work with. */
export interface EnrichmentParts {
  readonly hashVisitor: HashVisitor;
  /** Reads the place database; called again only after a failure. */
  readonly placeFiles: () => Promise<PlaceFiles>;
  /** Whether they have a database of networks. */
  readonly hasNetworks: boolean;
  readonly caches: { readonly userAgents: ByteLru<UserAgent>; readonly places: PlaceCache };
}

/** The enrich steps, which open the place database when a click first needs it. */
export function enrichment({
  hashVisitor,
  placeFiles,
  hasNetworks,
  caches,
}: EnrichmentParts): Pick<IngestContext, 'steps' | 'needsPlace'> {
  const sources = { hashVisitor, hasNetworks, parseUserAgent: cachedUserAgents(caches.userAgents) };
  const withoutPlaces = enrichSteps({ ...sources, findPlace: () => UNKNOWN_PLACE });
  const withPlaces = lazily(async (): Promise<readonly EnrichStep[]> =>
    enrichSteps({ ...sources, findPlace: placesIn(await placeFiles(), caches.places) }),
  );
  return {
    needsPlace: (click) => needsPlace(click, hasNetworks),
    steps: async (withPlace) => (withPlace ? withPlaces() : withoutPlaces),
  };
}
