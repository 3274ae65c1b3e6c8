import { z } from 'zod';
import { nameOf, rootOf } from '../clicks/import/batch.ts';
import type { KnownBatch } from '../clicks/import/batches.ts';
import type { Reading } from '../clicks/import/reading.ts';
import { messageOf } from '../errors.ts';
import type { Client } from './client.ts';
import { CommandError } from './command-error.ts';
import { PendingRecords } from './import-pending.ts';
import type { FileRecords } from './file-records.ts';
import type { RecordBlock } from './import-records.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';

export interface ImportFileOptions {
  readonly owner: string;
}

/** Records in a new batch; fewer in the first, so that the server can start early. */
const FIRST_BATCH_RECORDS = 20_000;
const BATCH_RECORDS = 60_000;
const BATCH_BYTES = 16 * 1_048_576;
/** An upper limit: the last block added to a batch has a few megabytes at most. */
const MAX_BATCH_BYTES = 2 * BATCH_BYTES;

/** Maximum size of a batch's description in the request headers, which are limited to 128 KiB. */
const MAX_HEADER_CHARACTERS = 65_536;

/** Batches in flight: while ClickHouse inserts one, the server parses the next. */
const MAX_IN_FLIGHT = 2;

/** Imports one file batch by batch; memory holds only a few batches, whatever the file's size. */
export async function importFile(
  client: Client,
  { reading, blocks, headerRecords }: FileRecords,
  { owner }: ImportFileOptions,
): Promise<ImportReport> {
  if (asHeader(reading).length > MAX_HEADER_CHARACTERS) {
    throw new CommandError('The header line is too long: its names must fit into 64 KiB, percent-encoded.');
  }
  const sender = new BatchSender(client, owner, reading);
  let skipped = headerRecords;
  for await (const block of blocks) {
    await sender.add(block, Math.min(skipped, block.ends.length));
    skipped -= Math.min(skipped, block.ends.length);
  }
  await sender.finish();
  return sender.report;
}

/** Groups records into batches: the same as an earlier import of the file did, as long as they match, then new ones. */
class BatchSender {
  report: ImportReport = emptyReport();
  readonly #client: Client;
  readonly #owner: string;
  readonly #reading: Reading;
  #pending = new PendingRecords();
  #parent: string;
  #isFirst = true;
  readonly #underWay: Promise<void>[] = [];
  /** Batches that followed `#parent` in earlier imports, longest first; undefined: not requested yet; empty: none. */
  #known: readonly KnownBatch[] | undefined;

  constructor(client: Client, owner: string, reading: Reading) {
    this.#client = client;
    this.#owner = owner;
    this.#reading = reading;
    this.#parent = rootOf(reading);
  }

  /** @param skipped how many of its first records are not clicks */
  async add(block: RecordBlock, skipped: number): Promise<void> {
    this.#pending.add(block);
    if (skipped > 0) this.#pending.take(skipped);
    while (await this.#hasFullBatch()) await this.#send();
  }

  async finish(): Promise<void> {
    while (this.#pending.count > 0) await this.#send();
    while (this.#underWay.length > 0) await this.#underWay.shift();
  }

  /** Whether the next batch is complete. */
  async #hasFullBatch(): Promise<boolean> {
    const { count, bytes } = this.#pending;
    if (count === 0) return false;
    const [longest] = (this.#known ??= await this.#following());
    if (longest !== undefined && bytes < MAX_BATCH_BYTES) return count >= longest.lines;
    return count >= this.#mostRecords() || bytes >= BATCH_BYTES;
  }

  #mostRecords(): number {
    return this.#isFirst ? FIRST_BATCH_RECORDS : BATCH_RECORDS;
  }

  async #send(): Promise<void> {
    const known = this.#knownLength((this.#known ??= await this.#following()));
    const description = {
      reading: this.#reading,
      parent: this.#parent,
      first_line: this.#pending.firstLine,
      owner: this.#owner,
    };
    const bytes = this.#pending.take(known ?? this.#newLength());
    while (this.#underWay.length >= MAX_IN_FLIGHT) await this.#underWay.shift();
    const sending = this.#import(description, bytes);
    // Whoever awaits it later handles its failure.
    sending.catch(() => {});
    this.#underWay.push(sending);
    this.#parent = nameOf(this.#parent, bytes);
    this.#isFirst = false;
    this.#known = known === undefined ? [] : undefined;
  }

  async #import(description: unknown, bytes: Buffer): Promise<void> {
    const report = reportSchema.parse(await this.#post(description, bytes));
    const { firstClick, lastClick, ...counts } = report;
    this.report = mergeReports(this.report, {
      ...counts,
      first_click: isoOf(firstClick),
      last_click: isoOf(lastClick),
    });
  }

  async #post(description: unknown, body: Buffer): Promise<unknown> {
    const headers = { 'x-spoor-batch': asHeader(description) };
    try {
      return await this.#client.request('POST', '/control/import', { headers, body });
    } catch (cause) {
      if (cause instanceof CommandError && !cause.isRetryable) throw cause;
      throw new CommandError(`${messageOf(cause)} Run the same command again to continue.`, { cause });
    }
  }

  async #following(): Promise<readonly KnownBatch[]> {
    const response = await this.#client.request('GET', `/control/import/following/${this.#parent}`);
    return followingSchema.parse(response).items;
  }

  /** The number of records in a known batch that appears here again; undefined if none does. */
  #knownLength(known: readonly KnownBatch[]): number | undefined {
    const pending = this.#pending;
    return known.find(
      ({ lines, batch }) => lines <= pending.count && nameOf(this.#parent, pending.first(lines)) === batch,
    )?.lines;
  }

  /** Records that may still change get a batch of their own, so that the ones before them match next time. */
  #newLength(): number {
    const { count, growing } = this.#pending;
    return Math.min(growing < count ? count - growing : count, this.#mostRecords());
  }
}

const followingSchema = z.object({ items: z.array(z.object({ batch: z.string(), lines: z.number() })) });

const reasonCounts = z.record(z.string(), z.object({ count: z.number(), lines: z.array(z.number()) }));

const reportSchema = z.object({
  read: z.number(),
  accepted: z.number(),
  skipped: z.record(z.string(), z.number()),
  rejected: reasonCounts,
  warnings: reasonCounts,
  firstClick: z.number().nullable(),
  lastClick: z.number().nullable(),
});

function asHeader(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value));
}

function isoOf(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
