import type { ImportPreview, PreviewColumn } from '../clicks/import/preview.ts';
import type { ImportReport, ReasonCounts } from '../clicks/import/import-report.ts';
import { LOG_PREFIXES } from '../clicks/import/formats/log-prefix.ts';
import type { Import } from './import-file.ts';
import { formatTable, grouped, printLine, printable } from './output.ts';

/** The counts of a report, and whether they are shown where they are 0. */
const COUNTS = [
  ['read', true],
  ['accepted', true],
  ['known', false],
  ['untimed', false],
  ['erased', false],
  ['other_owner', false],
] as const;

/** Prints what became of a file, or of all. */
export function printReport(name: string, report: ImportReport): void {
  const counts = COUNTS.filter(([key, always]) => always || report[key] > 0).map(
    ([key]) => `${grouped(report[key])} ${key.replace('_', ' ')}`,
  );
  printLine(`${printable(name)}: ${counts.join(', ')}`);
  if (report.other_owner > 0) {
    printLine(
      `  URLs of other owners (add --any-owner to import their clicks): ${report.other_owner_codes.map(printable).join(', ')}`,
    );
  }
  if (report.unfinished > 0)
    printLine('  The last line has no line end yet: it is left for the next import.');
  const skipped = Object.entries(report.skipped);
  if (skipped.length > 0) {
    printLine(
      formatTable(
        ['  SKIPPED', 'COUNT'],
        skipped.map(([reason, count]) => [`  ${reason}`, count]),
      ),
    );
  }
  printReasons('REJECTED', report.rejected);
  printReasons('WARNING', report.warnings);
  if (report.first_click !== null)
    printLine(`  first click ${report.first_click}, last click ${report.last_click}`);
}

/** Prints what the format of a file was recognised as. */
export function printFormat(name: string, { format, options: { prefix } }: Import): void {
  if (format === null) return;
  const inside = prefix === undefined ? '' : ` in lines of ${LOG_PREFIXES[prefix].description}`;
  printLine(`${printable(name)}: recognised as ${format}${inside}`);
}

/** A report as JSON has it. */
export function shownReport({ preview, ...counts }: ImportReport): Readonly<Record<string, unknown>> {
  if (preview === undefined) return counts;
  return { ...counts, clicks: preview.clicks, commonest: commonestOf(preview) };
}

const SHOWN_CODES = 10;

function commonestOf({ codes }: ImportPreview): readonly { short_code: string; clicks: number }[] {
  return codes.slice(0, SHOWN_CODES).map(([short_code, clicks]) => ({ short_code, clicks }));
}

const PREVIEW_COLUMNS = [
  'clicked_at',
  'short_code',
  'referrer',
  'country',
  'city',
  'browser',
  'os',
  'is_bot',
] as const satisfies readonly PreviewColumn[];

/** Prints what a dry run found. */
export function printPreview(preview: ImportPreview | undefined): void {
  if (preview !== undefined) {
    printLine('First clicks as they would be stored:');
    printLine(
      formatTable(
        PREVIEW_COLUMNS.map((name) => name.toUpperCase()),
        preview.clicks.map((click) => PREVIEW_COLUMNS.map((name) => String(click[name]))),
      ),
    );
    printLine(
      formatTable(
        ['COMMONEST', 'CLICKS'],
        commonestOf(preview).map(({ short_code: code, clicks }) => [code, clicks]),
      ),
    );
  }
  printLine('This was a dry run: nothing is stored.');
}

function printReasons(title: string, reasons: ReasonCounts): void {
  const rows = Object.entries(reasons).map(([reason, { count, lines }]) => [
    `  ${reason}`,
    count,
    lines.join(', '),
  ]);
  if (rows.length > 0) printLine(formatTable([`  ${title}`, 'COUNT', 'FIRST LINES'], rows));
}
