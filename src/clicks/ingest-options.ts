import type { Room } from '../fair-share/room.ts';
import type { UrlRegistry } from '../urls/url-registry.ts';
import type { BodyItem } from './click-body.ts';
import type { EnrichStep } from './enrich/enrich.ts';
import type { Click, ClickRow } from './click-schema.ts';
import type { Findings } from './findings.ts';
import type { OwnerlessRow } from './insert-rows.ts';
import type { KeptSince } from './retention.ts';
import type { ClickWriter, OnceName } from './writer.ts';

export interface IngestOptions {
  /** Owner of the URLs that these clicks are the first of. */
  readonly ownerId: string;
  /** May add clicks to anybody's URL. */
  readonly isAdmin: boolean;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  readonly once?: OnceName | undefined;
  /** Decides which clicks are stored; undefined: all of them. */
  readonly selection?: RowSelection;
  /** Settles when clicks may be stored, and URLs registered. What is only read of them goes on meanwhile. */
  readonly mayStore?: (() => Promise<void>) | undefined;
  readonly findings: Findings;
  /** When so many items are bad and none before them is good, no more are read. */
  readonly badAtMost?: number;
  /** Where what is in memory at once is counted, in bytes of heap. */
  readonly room: Pick<Room, 'most' | 'take' | 'give'>;
  /** Aborts when the client has disconnected; the work is then given up, as long as nothing is stored. */
  readonly signal?: AbortSignal;
}

/** Decides which of a request's clicks are stored, and registers their codes. */
export interface RowSelection {
  /** Called for every click that is not rejected, in order. */
  readonly add: (item: BodyItem, row: ClickRow) => void;
  /** Called for every other one that is a value at all, in the same order. */
  readonly reject: (item: BodyItem) => void;
  /** Called when all clicks were added; before anything is locked, so it may wait for other requests. */
  readonly added: () => Promise<void>;
  /** Stores those that are to be, of rows whose owner is not known yet. */
  readonly store: (rows: readonly OwnerlessRow[]) => Promise<void>;
}

/** What clicks need of the URLs. */
export type ClickUrls = Pick<UrlRegistry, 'findMany' | 'registerMissing'> & {
  readonly codeLock: Pick<UrlRegistry['codeLock'], 'within'>;
};

export interface IngestContext {
  readonly writer: Pick<ClickWriter, 'write' | 'writeBlock'>;
  readonly urls: ClickUrls;
  /** Clicks from before it would be removed at once, so they are not taken. */
  readonly keptSince: KeptSince;
  /** Whether a click's row depends on the place database. */
  readonly needsPlace: (click: Click) => boolean;
  /** The enrich steps; opens the place database first when a click needs it. */
  readonly steps: (withPlace: boolean) => Promise<readonly EnrichStep[]>;
}

/** Bytes of rows after which they are written, where nothing else says where an insert ends: two fit the room. */
export function maxInsertBytes(room: Pick<Room, 'most'>): number {
  return room.most / 2;
}
