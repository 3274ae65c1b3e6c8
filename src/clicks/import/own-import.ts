import { AppError } from '../../errors.ts';
import { type ImportEntry, type ImportLog, LOST_AFTER_MS } from './import-log.ts';

/** Others may take an import over that was not confirmed for `LOST_AFTER_MS`: it must not come as far, by any clock. */
const CONFIRMED_FOR_MS = LOST_AFTER_MS / 2;

/** An import that this process runs. Another instance takes it over once this one was not heard of for long. */
export class OwnImport {
  readonly #log: ImportLog;
  readonly #now: () => number;
  #entry: ImportEntry;
  /** What this process has written of it last, or continues. */
  #version: number;
  #confirmedAt = { wall: -Infinity, monotonic: -Infinity };
  #takenOver: ImportEntry | undefined;

  /**
   * @param now Unix milliseconds
   * @param version above which its row is written: of the row that it continues, 0 for a new import
   */
  constructor(log: ImportLog, now: () => number, entry: ImportEntry, version = 0) {
    this.#log = log;
    this.#now = now;
    this.#entry = entry;
    this.#version = version;
  }

  get entry(): ImportEntry {
    return this.#entry;
  }

  /** What another instance has made of it, which has taken it over; undefined as long as none is known to have. */
  get takenOver(): ImportEntry | undefined {
    return this.#takenOver;
  }

  /** Notes what has become of it, in memory alone. */
  update(change: Partial<ImportEntry>): void {
    this.#entry = { ...this.#entry, ...change };
  }

  /**
   * Writes down what has become of it so far, and looks whether that counts.
   * @throws AppError `conflict` where another instance has taken the import over, `unavailable`
   */
  async confirm(): Promise<void> {
    const at = { wall: this.#now(), monotonic: performance.now() };
    await this.#write(this.#entry);
    this.#confirmedAt = at;
  }

  /** Writes down how it has ended, before anybody here sees it. @throws AppError as `confirm` */
  async end(change: Partial<ImportEntry>): Promise<ImportEntry> {
    const last = { ...this.#entry, ...change };
    await this.#write(last);
    return (this.#entry = last);
  }

  /** To be called before anything is stored with the import's id. @throws AppError as `confirm` */
  async check(): Promise<void> {
    this.#requireOwn();
    const { wall, monotonic } = this.#confirmedAt;
    // The monotonic clock stands still while the machine sleeps; the other one may be turned back.
    const agesMs = [Math.abs(this.#now() - wall), performance.now() - monotonic];
    if (agesMs.some((ageMs) => ageMs > CONFIRMED_FOR_MS)) await this.confirm();
  }

  async #write(entry: ImportEntry): Promise<void> {
    this.#requireOwn();
    this.#version = this.#log.versionAbove(this.#version);
    await this.#log.write(entry, this.#version);
    const stored = await this.#log.find(entry.id);
    if (stored !== undefined && stored.version > this.#version) this.#takenOver = stored.entry;
    this.#requireOwn();
  }

  #requireOwn(): void {
    if (this.#takenOver === undefined) return;
    throw new AppError(
      'conflict',
      'The import was undone or continued through another server while this one did not respond.',
    );
  }
}
