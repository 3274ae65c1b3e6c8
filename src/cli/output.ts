import { Presets, SingleBar } from 'cli-progress';

/** Prints one JSON document on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a message for people on standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Tells what a command waits for before it can start. */
export function noteWait(what: string): void {
  note(`Waiting for ${what} …`);
}

/** Formats rows as aligned columns under a header; numbers are right-aligned. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? grouped(cell) : printable(cell))),
  );
  const widths = header.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[], isRight: (column: number) => boolean): string =>
    row
      .map((cell, column) =>
        isRight(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const isNumber = (column: number): boolean => typeof rows[0]?.[column] === 'number';
  return [line(header, isNumber), ...cells.map((row) => line(row, isNumber))].join('\n');
}

/** Formats a number in full, with grouped digits. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** Replaces control characters, so that untrusted text cannot send commands to a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

export interface Progress {
  readonly update: (done: number) => void;
  readonly stop: () => void;
}

/** Shows a progress bar on standard error if that is a terminal. */
export function startProgress(label: string, total: number, unit: string): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage}% · {value}/{total} ${unit} · {eta_formatted} left`,
      stream: process.stderr,
      formatValue: (value, _, type) =>
        type === 'value' || type === 'total' ? grouped(value) : String(value),
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    update: (done) => bar.update(Math.min(done, total)),
    stop: () => bar.stop(),
  };
}

/** Shows a counter for work of unknown size on standard error if that is a terminal. */
export function startCounter(label: string, unit: string): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: `${label} {value} ${unit} in {duration_formatted}`,
    stream: process.stderr,
    formatValue: (value, _, type) => (type === 'value' ? grouped(value) : String(value)),
    hideCursor: true,
  });
  bar.start(0, 0);
  return {
    update: (done) => bar.update(done),
    stop: () => bar.stop(),
  };
}

/** Waits are usually shorter than this and then not shown. */
const SHOWN_AFTER_MS = 2_000;

/** Shows a label and the elapsed time on standard error, if that is a terminal and the wait is not short. */
export function startWaiting(label: string): { readonly stop: () => void } {
  if (!process.stderr.isTTY) return { stop: () => {} };
  const started = Date.now();
  let isShown = false;
  const timer = setInterval(() => {
    const waited = Date.now() - started;
    if (waited < SHOWN_AFTER_MS) return;
    isShown = true;
    process.stderr.write(`\r${label} … ${Math.floor(waited / 1000)} s`);
  }, 500);
  return {
    stop: () => {
      clearInterval(timer);
      if (isShown) process.stderr.write('\r\u001B[K');
    },
  };
}
