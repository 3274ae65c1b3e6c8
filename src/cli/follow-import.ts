import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { type Client, type Query, findServer } from './client.ts';
import { CommandError } from './command-error.ts';
import { FollowProgress } from './follow-progress.ts';
import { grownFile } from './grown-file.ts';
import { type Import, sendFile } from './import-file.ts';
import { findSource } from './import-source.ts';
import { type LineBatch, LineBatches } from './line-batches.ts';
import { SentLines } from './sent-lines.ts';

/** The server ends an import that it hears nothing of for a minute. */
const SEND_AT_LEAST_EVERY_MS = 10_000;
const RETRY_EVERY_MS = 1_000;

const CONFLICT = 409;

/**
 * Imports a file and what is appended to it, or standard input, until a signal ends it or the input is over.
 * @returns the whole import, and the address of its server
 * @throws CommandError with the server's error message, or for a file that cannot be read
 */
export async function followImport(
  config: Config,
  name: string,
  query: Query,
): Promise<{ readonly report: Import; readonly server: string | undefined }> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const { signal } = ending;
  const source = name === '-' ? findSource(name).open() : grownFile(name, signal);
  const progress = new FollowProgress(`Following ${basename(name)}`);
  if (name !== '-' && !existsSync(name)) progress.note(`${name} does not exist yet: waiting for it.`);
  const upload = new FollowedUpload(config, basename(name), query, progress, signal);
  try {
    const batches = new LineBatches(source, signal);
    for (;;) {
      const batch = await batches.next(SEND_AT_LEAST_EVERY_MS);
      const report = await upload.send(batch);
      if (report !== undefined && batch.isLast) return { report, server: upload.server };
    }
  } finally {
    progress.stop();
    process.off('SIGINT', end).off('SIGTERM', end);
    // Nobody reads it any more, so it would keep the program.
    if (name === '-') process.stdin.destroy();
  }
}

/** Sends the parts of one import, and those that a server may have lost again. */
class FollowedUpload {
  readonly #config: Config;
  readonly #name: string;
  readonly #query: Query;
  readonly #progress: FollowProgress;
  readonly #signal: AbortSignal;
  readonly #sent = new SentLines();
  #client: Client | undefined;
  #report: Import | undefined;
  /** The number of the next part. */
  #part = 1;
  #isWaiting = false;

  constructor(config: Config, name: string, query: Query, progress: FollowProgress, signal: AbortSignal) {
    this.#config = config;
    this.#name = name;
    this.#query = query;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** The address of the server. */
  get server(): string | undefined {
    return this.#client?.url;
  }

  /** Settles once the lines are stored. @returns the import so far; undefined before its first line */
  async send(batch: LineBatch): Promise<Import | undefined> {
    if (this.#report === undefined && batch.bytes.length === 0 && !batch.isLast) return undefined;
    for (;;) {
      try {
        const report = await this.#attempt(batch);
        this.#sent.add(batch.bytes, performance.now());
        this.#report = report;
        this.#part++;
        if (this.#isWaiting) this.#progress.note('The server responds again: going on.');
        this.#isWaiting = false;
        this.#progress.update(report);
        return report;
      } catch (cause) {
        await this.#handle(cause);
      }
    }
  }

  async #attempt({ bytes, isLast }: LineBatch): Promise<Import> {
    this.#client ??= await findServer(this.#config);
    if (this.#client === undefined) {
      throw new CommandError(`No server runs on ${this.#config.dataDir}.`, { isRetryable: true });
    }
    const pieces = this.#part === 1 ? [...this.#sent.pieces, bytes] : [bytes];
    return sendFile(this.#client, this.#name, inOrder(pieces), {
      ...this.#query,
      ...this.#recognised(),
      part: String(this.#part),
      import_id: this.#report?.id,
      last: String(isLast),
    });
  }

  /** Later parts may have too few lines to tell the format. */
  #recognised(): Query {
    const { format } = this.#report ?? {};
    const isGiven = 'format' in this.#query || 'log_format' in this.#query;
    return isGiven || format === undefined || format === null ? {} : { format };
  }

  /** Waits until it may be tried again. @throws what no other attempt can change */
  async #handle(cause: unknown): Promise<void> {
    const isError = cause instanceof CommandError;
    if (isError && cause.status === CONFLICT && this.#part > 1) {
      this.#part = 1;
      return;
    }
    if (!isError || !cause.isRetryable) throw cause;
    if (this.#signal.aborted) {
      throw new CommandError(
        `${messageOf(cause)} What came last may not be stored: run the same command again to add it.`,
        { cause },
      );
    }
    if (!this.#isWaiting) this.#progress.note(`${messageOf(cause)} Waiting for it.`);
    this.#isWaiting = true;
    this.#client = undefined;
    this.#part = 1;
    await delay(RETRY_EVERY_MS, undefined, { signal: this.#signal }).catch(() => {});
  }
}

async function* inOrder(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}
