import { AppError, invalid } from '../../errors.ts';
import type { FileRecords } from './file-records.ts';
import type { EarlierRecords } from './import-run.ts';
import type { ImportEntry } from './import-log.ts';
import { type ImportReport, hasNoClicks, mergeReports } from './import-report.ts';
import { ImportStream } from './import-stream.ts';
import { formatOf } from './reading.ts';
import type { ImportRegistry, WantedImport } from './import-registry.ts';
import type { OwnImport } from './own-import.ts';

/** A part of a file that is imported while it grows. */
export interface FilePart {
  /** The import that it continues; undefined begins one. */
  readonly id: bigint | undefined;
  /** From 1, which also begins again after a failure: its lines may have come before. */
  readonly number: number;
  readonly isLast: boolean;
}

/**
 * Imports the clicks of a part under the id of the whole.
 * @param onProgress to be called with the part's report so far
 * @param mayStore to be called before anything is stored: it throws where another instance has taken the import over
 */
export type PartRun = (
  id: bigint,
  earlier: EarlierRecords,
  onProgress: (report: ImportReport) => void,
  mayStore: () => Promise<void>,
) => Promise<ImportReport>;

interface Followed {
  readonly own: OwnImport;
  readonly stream: ImportStream;
  /** The number of the part that continues it; undefined while one is being stored, and after one that failed. */
  next: number | undefined;
  isBusy: boolean;
  writtenAt: number;
  expiry: NodeJS.Timeout | undefined;
}

/** More than a client that has nothing to send lets pass between two parts. */
const EXPIRES_AFTER_MS = 60_000;
/** Another server takes an import for lost that is not written down for a minute. */
const WRITE_EVERY_MS = 5_000;
/** Each holds the lines of one minute in memory. */
const MAX_FOLLOWED = 32;

const GONE = 'Its client stopped sending before it said that the file was at its end.';

/** Imports of files that grow: their parts come one by one, under one id, and equal lines are counted across them. */
export class FollowedImports {
  readonly #imports: ImportRegistry;
  readonly #now: () => number;
  /** The one that a part came for last is last. */
  readonly #followed = new Map<bigint, Followed>();

  /** @param now Unix milliseconds */
  constructor(imports: ImportRegistry, now: () => number) {
    this.#imports = imports;
    this.#now = now;
  }

  /**
   * Imports a part.
   * @returns the import with all parts so far; it has ended with the last part
   * @throws AppError `not_found` for an import that the owner does not have, `conflict` where the part is not the next, or another
   *   instance has the import: begin with part 1 again; `unavailable` while the part before is being stored, or as ClickHouse is; whatever `work` throws
   */
  async run(wanted: WantedImport, part: FilePart, work: PartRun): Promise<ImportEntry> {
    const followed = part.number === 1 ? await this.#begun(wanted, part.id) : this.#continued(wanted, part);
    const { own } = followed;
    const { id, report: before } = own.entry;
    clearTimeout(followed.expiry);
    followed.next = undefined;
    followed.isBusy = true;
    const become = (report: ImportReport): void => own.update({ report: mergeReports(before, report) });
    try {
      const earlier = { stream: followed.stream, lines: before.read };
      const report = await work(id, earlier, become, () => own.check());
      become(report);
      if (part.isLast) return await this.#end(followed, faultOf(own.entry));
      const isOverdue = this.#now() - followed.writtenAt > WRITE_EVERY_MS;
      if (report.read > 0 || isOverdue) await this.#write(followed);
      followed.next = part.number + 1;
      return own.entry;
    } finally {
      followed.isBusy = false;
      if (this.#followed.get(id) === followed) await this.#stay(followed);
    }
  }

  #continued({ ownerId }: WantedImport, { id = 0n, number }: FilePart): Followed {
    const found = this.#followed.get(id);
    if (found?.own.entry.ownerId === ownerId && found.next === number) return this.#put(found);
    throw new AppError('conflict', 'This is not the next part of the import: begin with part 1 again.', {
      field: 'part',
    });
  }

  async #begun(wanted: WantedImport, id: bigint | undefined): Promise<Followed> {
    const known = id === undefined ? undefined : this.#followed.get(id);
    if (known?.isBusy === true)
      throw new AppError('unavailable', 'The part before is still being stored: try again later.');
    const own =
      id === undefined ? await this.#imports.begin(wanted) : await this.#imports.resume(id, wanted.ownerId);
    clearTimeout(known?.expiry);
    const stream = new ImportStream();
    return this.#put({ own, stream, next: 1, isBusy: false, writtenAt: this.#now(), expiry: undefined });
  }

  #put(followed: Followed): Followed {
    const { id } = followed.own.entry;
    this.#followed.delete(id);
    this.#followed.set(id, followed);
    const idle = [...this.#followed.values()].find(({ isBusy, own }) => !isBusy && own.entry.id !== id);
    // Its client can begin with part 1 again.
    if (this.#followed.size > MAX_FOLLOWED && idle !== undefined) this.#expire(idle);
    return followed;
  }

  /** Waits for the next part, unless another instance has the import. */
  async #stay(followed: Followed): Promise<void> {
    if (followed.own.takenOver === undefined) return this.#expireLater(followed);
    this.#forget(followed);
    await this.#imports.leave(followed.own);
  }

  #expireLater(followed: Followed): void {
    followed.expiry = setTimeout(() => this.#expire(followed), EXPIRES_AFTER_MS).unref();
  }

  #expire(followed: Followed): void {
    void this.#end(followed, GONE).catch(() => {});
  }

  async #write(followed: Followed): Promise<void> {
    await followed.own.confirm();
    followed.writtenAt = this.#now();
  }

  async #end(followed: Followed, fault: string | undefined): Promise<ImportEntry> {
    const { own } = followed;
    this.#forget(followed);
    try {
      const state = fault === undefined ? 'done' : 'failed';
      return await own.end({ state, error: fault ?? null, finishedAt: this.#now() });
    } finally {
      await this.#imports.leave(own);
    }
  }

  #forget(followed: Followed): void {
    const { id } = followed.own.entry;
    clearTimeout(followed.expiry);
    if (this.#followed.get(id) === followed) this.#followed.delete(id);
  }
}

function faultOf({ report }: ImportEntry): string | undefined {
  return hasNoClicks(report)
    ? `There is no click among the ${report.read.toLocaleString('en-US')} read.`
    : undefined;
}

/** @throws AppError for records that a part cannot be of: their format takes a header, or more than lines */
export function requireLines({ reading }: Pick<FileRecords, 'reading'>): void {
  const format = formatOf(reading);
  const isOfLines = format.kind === 'log' ? format.columns === undefined : format.isOfLines;
  if (isOfLines) return;
  throw invalid(
    'part',
    `A file in the format ${reading.format} cannot be followed: only NDJSON and logs without a header can.`,
  );
}
