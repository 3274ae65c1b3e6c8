import type { Import } from './import-file.ts';
import { grouped, note } from './output.ts';

const NOTE_EVERY_MS = 60_000;

/** Tells how far an import has come: in a line that is rewritten on a terminal, else in one a minute. */
export class FollowProgress {
  readonly #label: string;
  readonly #isTerminal = process.stderr.isTTY;
  #last: Import | undefined;
  #notedAt = performance.now();

  constructor(label: string) {
    this.#label = label;
    note(`${label} until Ctrl-C or SIGTERM.`);
  }

  update(report: Import): void {
    this.#last = report;
    if (this.#isTerminal) process.stderr.write(`\r\u001B[K${this.#text(report)}`);
    else if (performance.now() - this.#notedAt >= NOTE_EVERY_MS) {
      this.#notedAt = performance.now();
      note(this.#text(report));
    }
  }

  /** A line of its own. */
  note(text: string): void {
    this.stop();
    note(text);
  }

  stop(): void {
    if (this.#isTerminal && this.#last !== undefined) process.stderr.write('\n');
    this.#last = undefined;
  }

  #text({ id, read, accepted, known, last_click: last }: Import): string {
    const newest = last === null ? '' : `, last click ${last}`;
    return `${this.#label} (import ${id}): read ${grouped(read)}, accepted ${grouped(accepted)}, known ${grouped(known)}${newest}`;
  }
}
