import type { FileRecords } from './file-records.ts';
import { type ImportReport, hasNoClicks, rejectedCount } from './import-report.ts';
import { grouped } from './output.ts';

/** What is known of a file that was imported; `records` is undefined for one without lines. */
interface ImportedFile {
  readonly file: string;
  readonly records: FileRecords | undefined;
  readonly report: ImportReport;
}

/**
 * Why an import that ran to its end failed, in a sentence: a file has lines and none of them is a click. Undefined for one
 * that did not fail.
 * @param isStrict a rejected line is a failure, too
 */
export function importFault(files: readonly ImportedFile[], isStrict: boolean): string | undefined {
  const empty = files.filter(({ report }) => hasNoClicks(report));
  if (empty.length > 0) return empty.map(noClicks).join(' ');
  const rejected = files.reduce((sum, { report }) => sum + rejectedCount(report), 0);
  return isStrict && rejected > 0
    ? `${grouped(rejected)} rejected, which --strict does not allow.`
    : undefined;
}

function noClicks({ file, records, report }: ImportedFile): string {
  const sentence = `${file}: no click among the ${grouped(report.read)} read.`;
  if (records === undefined) return sentence;
  const { reading, nearest, firstLine } = records;
  const first = ` The first line is ${JSON.stringify(firstLine)}.`;
  const isOther = nearest !== undefined && (nearest !== reading.format || reading.log_format !== undefined);
  return sentence + first + (isOther ? ` It looks like the format ${nearest}.` : '');
}
