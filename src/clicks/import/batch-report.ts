import type { ClickRow } from '../click-schema.ts';
import { type ImportReport, MAX_LINES, MAX_OTHER_CODES } from './import-report.ts';
import { PreviewBuilder } from './preview.ts';

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

  build(): ImportReport {
    return {
      read: this.#read,
      ...this.#outcomes,
      untimed: this.#untimed,
      other_owner_codes: [...this.#otherCodes],
      skipped: this.#skipped,
      rejected: this.#rejected.byReason,
      warnings: this.#warnings.byReason,
      unfinished: 0,
      first_click: isoOf(this.#firstClick),
      last_click: isoOf(this.#lastClick),
      preview: this.#preview?.build(),
    };
  }
}

function isoOf(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
