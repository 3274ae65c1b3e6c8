/** A count of records for one reason, with the first of their line numbers. */
export interface ReasonCount {
  readonly count: number;
  readonly lines: readonly number[];
}

export interface BatchReport {
  readonly batch: string;
  readonly read: number;
  readonly accepted: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, ReasonCount>>;
  /** What of accepted records was not taken. */
  readonly warnings: Readonly<Record<string, ReasonCount>>;
  /** Times of the oldest and newest click, accepted now or imported before; Unix milliseconds. */
  readonly firstClick: number | null;
  readonly lastClick: number | null;
}

/** How many line numbers a reason keeps. */
const LINES_KEPT = 5;

class ReasonCounts {
  readonly byReason: Record<string, { count: number; lines: number[] }> = {};

  add(reason: string, line: number): void {
    const known = (this.byReason[reason] ??= { count: 0, lines: [] });
    known.count++;
    if (known.lines.length < LINES_KEPT) known.lines.push(line);
  }
}

/** Gathers the report of a batch while it is read and stored. */
export class ReportBuilder {
  readonly #batch: string;
  readonly #read: number;
  readonly #skipped: Record<string, number> = {};
  readonly #rejected = new ReasonCounts();
  readonly #warnings = new ReasonCounts();

  /** @param read how many records there are */
  constructor(batch: string, read: number) {
    this.#batch = batch;
    this.#read = read;
  }

  skip(reason: string, count = 1): void {
    if (count > 0) this.#skipped[reason] = (this.#skipped[reason] ?? 0) + count;
  }

  reject(reason: string, line: number): void {
    this.#rejected.add(reason, line);
  }

  warn(reason: string, line: number): void {
    this.#warnings.add(reason, line);
  }

  build(accepted: number, firstClick: number | null, lastClick: number | null): BatchReport {
    return {
      batch: this.#batch,
      read: this.#read,
      accepted,
      skipped: this.#skipped,
      rejected: this.#rejected.byReason,
      warnings: this.#warnings.byReason,
      firstClick,
      lastClick,
    };
  }
}
