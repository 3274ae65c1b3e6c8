import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ImportOptions } from '../clicks/import/options.ts';
import { type Reading, formatOf } from '../clicks/import/reading.ts';
import { messageOf } from '../errors.ts';
import type { Client } from './client.ts';
import { CommandError } from './command-error.ts';
import { PendingRecords } from './import-pending.ts';
import type { FileRecords } from './file-records.ts';
import type { RecordBlock } from './import-records.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';

/** Records in a new batch; fewer in the first, so that the server can start early. */
const FIRST_BATCH_RECORDS = 20_000;
const BATCH_RECORDS = 60_000;
const BATCH_BYTES = 16 * 1_048_576;

/** Maximum size of a batch's description in the request headers, which are limited to 128 KiB. */
const MAX_HEADER_CHARACTERS = 65_536;

/** Batches in flight: while ClickHouse inserts one, the server parses the next. */
const MAX_IN_FLIGHT = 2;

/** Imports one file batch by batch; memory holds only a few batches, whatever the file's size. */
export async function importFile(
  client: Client,
  { reading, blocks, headerRecords }: FileRecords,
  owner: string,
  options: ImportOptions,
): Promise<ImportReport> {
  if (asHeader(reading).length > MAX_HEADER_CHARACTERS) {
    throw new CommandError('The header line is too long: its names must fit into 64 KiB, percent-encoded.');
  }
  const sender = new BatchSender(client, owner, options, reading);
  let skipped = headerRecords;
  for await (const block of blocks) {
    await sender.add(block, Math.min(skipped, block.ends.length));
    skipped -= Math.min(skipped, block.ends.length);
  }
  await sender.finish();
  return sender.report;
}

/** Groups records into batches. */
class BatchSender {
  report: ImportReport = emptyReport();
  readonly #client: Client;
  readonly #owner: string;
  readonly #options: ImportOptions;
  readonly #reading: Reading;
  readonly #stream = randomUUID();
  readonly #underWay: Promise<void>[] = [];
  readonly #pending = new PendingRecords();
  #sequence = 0;

  constructor(client: Client, owner: string, options: ImportOptions, reading: Reading) {
    this.#client = client;
    this.#owner = owner;
    this.#options = options;
    this.#reading = reading;
  }

  /** @param skipped how many of its first records are not clicks */
  async add(block: RecordBlock, skipped: number): Promise<void> {
    const pending = this.#pending;
    pending.add(block);
    if (skipped > 0) pending.take(skipped);
    // One record stays behind, so that the last batch has one.
    while (pending.count > this.#maxRecords() || (pending.bytes >= BATCH_BYTES && pending.count > 1))
      await this.#send(Math.min(pending.count - 1, this.#maxRecords()), false);
  }

  async finish(): Promise<void> {
    const { count, growing } = this.#pending;
    // A server is still writing it.
    const left = formatOf(this.#reading).kind === 'log' ? growing : 0;
    if (count > left || this.#sequence > 0) await this.#send(count - left, true);
    while (this.#underWay.length > 0) await this.#underWay.shift();
    this.report = { ...this.report, unfinished: left };
  }

  #maxRecords(): number {
    return this.#sequence === 0 ? FIRST_BATCH_RECORDS : BATCH_RECORDS;
  }

  async #send(count: number, isLast: boolean): Promise<void> {
    const {
      any_owner = false,
      allow_duplicates = false,
      known_codes = false,
      dry_run = false,
    } = this.#options;
    const description = {
      reading: this.#reading,
      first_line: this.#pending.firstLine,
      stream: this.#stream,
      sequence: this.#sequence++,
      is_last: isLast,
      owner: this.#owner,
      any_owner,
      allow_duplicates,
      known_codes,
      dry_run,
    };
    const bytes = this.#pending.take(count);
    while (this.#underWay.length >= MAX_IN_FLIGHT) await this.#underWay.shift();
    const sending = this.#import(description, bytes);
    // Whoever awaits it later handles its failure.
    sending.catch(() => {});
    this.#underWay.push(sending);
  }

  async #import(description: unknown, bytes: Buffer): Promise<void> {
    const report = reportSchema.parse(await this.#post(description, bytes));
    const { firstClick, lastClick, ...counts } = report;
    this.report = mergeReports(this.report, {
      ...counts,
      unfinished: 0,
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
}

const reasonCounts = z.record(z.string(), z.object({ count: z.number(), lines: z.array(z.number()) }));

const reportSchema = z.object({
  read: z.number(),
  accepted: z.number(),
  known: z.number(),
  untimed: z.number(),
  erased: z.number(),
  other_owner: z.number(),
  other_owner_codes: z.array(z.string()),
  skipped: z.record(z.string(), z.number()),
  rejected: reasonCounts,
  warnings: reasonCounts,
  firstClick: z.number().nullable(),
  lastClick: z.number().nullable(),
  preview: z
    .object({
      clicks: z.array(z.record(z.string(), z.unknown())),
      codes: z.array(z.tuple([z.string(), z.number()])),
    })
    .optional(),
});

function asHeader(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value));
}

function isoOf(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
