import { z } from 'zod';
import { type KnownBatch, nameOf, rootOf } from '../clicks/import/batches.ts';
import { parseCsvCells } from '../clicks/import/csv.ts';
import { IMPORT_FORMATS, type ImportFormatName } from '../clicks/import/formats.ts';
import { type FileRecord, RecordSplitter } from '../clicks/import/records.ts';
import { messageOf } from '../errors.ts';
import type { Client } from './client.ts';
import { CommandError } from './errors.ts';
import { recordsOf } from './import-records.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';

export interface ImportFileOptions {
  readonly format: ImportFormatName;
  readonly owner: string;
  /** Told how many bytes of the file, as it lies on disk, are read. */
  readonly onBytes: (bytes: number) => void;
}

/** Records in a batch that was never imported before. */
const BATCH_RECORDS = 20_000;
const BATCH_CHARACTERS = 8_000_000;

/** Batches on their way at once: while ClickHouse takes in one, the server reads the next. */
const UNDER_WAY = 2;

/** Imports one file batch by batch; memory holds a few batches, whatever the file's size. */
export async function importFile(
  client: Client,
  stream: AsyncIterable<Buffer>,
  options: ImportFileOptions,
): Promise<ImportReport> {
  const { isQuoted, hasHeader } = IMPORT_FORMATS[options.format];
  const splitter = new RecordSplitter(isQuoted);
  let sender: BatchSender | undefined = hasHeader ? undefined : new BatchSender(client, options, []);
  for await (const records of recordsOf(stream, splitter, options.onBytes)) {
    for (const record of records) {
      if (sender === undefined) sender = new BatchSender(client, options, headerOf(record));
      else if (sender.add(record)) await sender.send();
    }
  }
  if (sender === undefined) return emptyReport();
  await sender.finish();
  return sender.report;
}

/** Gathers records into batches: those an earlier import made, as long as they match, then its own. */
class BatchSender {
  report: ImportReport = emptyReport();
  readonly #client: Client;
  readonly #options: ImportFileOptions;
  readonly #columns: readonly string[];
  #pending: FileRecord[] = [];
  #characters = 0;
  #parent: string;
  readonly #underWay: Promise<void>[] = [];
  /** What followed `#parent` in earlier imports; undefined before that is asked, empty once the file is new. */
  #known: readonly KnownBatch[] | undefined;

  constructor(client: Client, options: ImportFileOptions, columns: readonly string[]) {
    this.#client = client;
    this.#options = options;
    this.#columns = columns;
    this.#parent = rootOf(options.format, columns);
  }

  /** @returns whether it is time to send */
  add(record: FileRecord): boolean {
    this.#pending.push(record);
    this.#characters += record.text.length;
    const isFull = this.#pending.length >= BATCH_RECORDS || this.#characters >= BATCH_CHARACTERS;
    const longest = this.#known?.[0]?.lines ?? 0;
    return isFull || (longest > 0 && this.#pending.length === longest);
  }

  async finish(): Promise<void> {
    while (this.#pending.length > 0) await this.send();
    while (this.#underWay.length > 0) await this.#underWay.shift();
  }

  async send(): Promise<void> {
    this.#known ??= await this.#following();
    const length = this.#knownLength() ?? this.#newLength();
    const text = textOf(this.#pending.slice(0, length));
    const description = {
      format: this.#options.format,
      columns: this.#columns,
      parent: this.#parent,
      first_line: this.#pending[0]?.line ?? 1,
      owner: this.#options.owner,
    };
    const batch = nameOf(this.#parent, text);
    const wasKnown = this.#known.some((known) => known.batch === batch);
    while (this.#underWay.length >= UNDER_WAY) await this.#underWay.shift();
    const sending = this.#import(description, text);
    // Whoever waits for it, maybe later, meets its failure.
    sending.catch(() => {});
    this.#underWay.push(sending);
    this.#parent = batch;
    this.#pending = this.#pending.slice(length);
    this.#characters = this.#pending.reduce((sum, { text }) => sum + text.length, 0);
    this.#known = wasKnown ? undefined : [];
    if (wasKnown && this.#pending.length > 0) this.#known = await this.#following();
  }

  async #import(description: unknown, text: string): Promise<void> {
    const answer = reportSchema.parse(await this.#post(description, text));
    const { firstClick, lastClick, ...counts } = answer;
    this.report = mergeReports(this.report, {
      ...counts,
      first_click: isoOf(firstClick),
      last_click: isoOf(lastClick),
    });
  }

  async #post(description: unknown, body: string): Promise<unknown> {
    const headers = { 'x-spoor-batch': encodeURIComponent(JSON.stringify(description)) };
    try {
      return await this.#client.request('POST', '/control/import', { headers, body });
    } catch (cause) {
      throw new CommandError(`${messageOf(cause)} Run the same command again to go on.`, { cause });
    }
  }

  async #following(): Promise<readonly KnownBatch[]> {
    const answer = await this.#client.request('GET', `/control/import/following/${this.#parent}`);
    return followingSchema.parse(answer).items;
  }

  /** The length of an earlier import's batch that stands here again; undefined when none does. */
  #knownLength(): number | undefined {
    return this.#known?.find(
      ({ lines, batch }) =>
        lines <= this.#pending.length &&
        nameOf(this.#parent, textOf(this.#pending.slice(0, lines))) === batch,
    )?.lines;
  }

  /** A last line without its line break goes alone: it may have grown by the next import, and all before it not. */
  #newLength(): number {
    const length = Math.min(this.#pending.length, BATCH_RECORDS);
    return this.#pending[length - 1]?.isComplete === false && length > 1 ? length - 1 : length;
  }
}

const followingSchema = z.object({ items: z.array(z.object({ batch: z.string(), lines: z.number() })) });

const reportSchema = z.object({
  read: z.number(),
  accepted: z.number(),
  skipped: z.record(z.string(), z.number()),
  rejected: z.record(z.string(), z.object({ count: z.number(), lines: z.array(z.number()) })),
  firstClick: z.number().nullable(),
  lastClick: z.number().nullable(),
});

function headerOf(record: FileRecord): readonly string[] {
  const columns = parseCsvCells(record.text)?.map((name) => name.trim());
  if (columns?.includes('short_code')) return columns;
  throw new CommandError('The first line must name the columns, short_code among them.');
}

function textOf(records: readonly FileRecord[]): string {
  return `${records.map(({ text }) => text).join('\n')}\n`;
}

function isoOf(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
