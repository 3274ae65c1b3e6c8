import { type ImportPreview, PreviewBuilder } from './preview.ts';
import type { ClickRow } from '../fields.ts';

/** A count of records for one reason, with the first of their line numbers. */
export interface ReasonCount {
  readonly count: number;
  readonly lines: readonly number[];
}

export interface BatchReport {
  readonly read: number;
  readonly accepted: number;
  /** Clicks that were stored before. */
  readonly known: number;
  /** Accepted clicks without a time of their own: an import of the same lines adds them again. */
  readonly untimed: number;
  /** Clicks that were erased before. */
  readonly erased: number;
  /** Clicks for URLs of other owners. */
  readonly other_owner: number;
  /** The first of those URLs. */
  readonly other_owner_codes: readonly string[];
  readonly skipped: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, ReasonCount>>;
  /** What of accepted records was not taken. */
  readonly warnings: Readonly<Record<string, ReasonCount>>;
  /** Times of the oldest and newest click, accepted now or known; Unix milliseconds. */
  readonly firstClick: number | null;
  readonly lastClick: number | null;
  /** For a dry run. */
  readonly preview?: ImportPreview | undefined;
}

/** How many line numbers a reason keeps. */
const MAX_LINES = 5;

/** How many short codes of other owners are listed. */
export const MAX_OTHER_CODES = 20;

class ReasonCounts {
  readonly byReason: Record<string, { count: number; lines: number[] }> = {};

  add(reason: string, line: number): void {
    const known = (this.byReason[reason] ??= { count: 0, lines: [] });
    known.count++;
    if (known.lines.length < MAX_LINES) known.lines.push(line);
  }
}

/** Gathers the report of a batch while it is read and stored. */
export class ReportBuilder {
  readonly #outcomes = { accepted: 0, known: 0, erased: 0, other_owner: 0 };
  readonly #skipped: Record<string, number> = {};
  readonly #rejected = new ReasonCounts();
  readonly #warnings = new ReasonCounts();
  readonly #otherCodes = new Set<string>();
  #read = 0;
  #untimed = 0;
  #firstClick: number | null = null;
  #lastClick: number | null = null;
  #preview: PreviewBuilder | undefined;

  /** A record was read. */
  read(): void {
    this.#read++;
  }

  skip(reason: string): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  reject(reason: string, line: number): void {
    this.#rejected.add(reason, line);
  }

  warn(reason: string, line: number): void {
    this.#warnings.add(reason, line);
  }

  /** @param time of the click, Unix milliseconds */
  add(outcome: 'accepted' | 'known', time: number): void {
    this.#outcomes[outcome]++;
    this.#firstClick = Math.min(time, this.#firstClick ?? time);
    this.#lastClick = Math.max(time, this.#lastClick ?? time);
  }

  addUntimed(): void {
    this.#untimed++;
  }

  /** Shows a click that would be stored, or is already. */
  preview(row: ClickRow): void {
    this.#preview ??= new PreviewBuilder();
    this.#preview.add(row);
  }

  leaveErased(): void {
    this.#outcomes.erased++;
  }

  leaveOtherOwner(shortCode: string): void {
    this.#outcomes.other_owner++;
    if (this.#otherCodes.size < MAX_OTHER_CODES) this.#otherCodes.add(shortCode);
  }

  build(): BatchReport {
    return {
      read: this.#read,
      ...this.#outcomes,
      untimed: this.#untimed,
      other_owner_codes: [...this.#otherCodes],
      skipped: this.#skipped,
      rejected: this.#rejected.byReason,
      warnings: this.#warnings.byReason,
      firstClick: this.#firstClick,
      lastClick: this.#lastClick,
      preview: this.#preview?.build(),
    };
  }
}
