import type { FileRecords } from './file-records.ts';
import { type ImportReport, hasNoClicks } from './import-report.ts';

/**
 * Why an import that ran to its end failed, in a sentence: the file has lines and none of them is a click. Undefined for one
 * that did not fail.
 */
export function importFault(
  { reading, nearest, firstLine }: Pick<FileRecords, 'reading' | 'nearest' | 'firstLine'>,
  report: ImportReport,
): string | undefined {
  if (!hasNoClicks(report)) return undefined;
  const count = report.read.toLocaleString('en-US');
  if (report.erased + report.other_owner > 0) return leftOut(report);
  const sentence = `There is no click among the ${count} read. The first line is ${JSON.stringify(firstLine)}.`;
  const isOther = nearest !== undefined && (nearest !== reading.format || reading.log_format !== undefined);
  return isOther ? `${sentence} It looks like the format ${nearest}.` : sentence;
}

function leftOut({ read, erased, other_owner: others }: ImportReport): string {
  const [ofAll, ofErased, ofOthers] = [read, erased, others].map((count) => count.toLocaleString('en-US'));
  const reasons = [
    ...(erased > 0 ? [`${ofErased} erased before`] : []),
    ...(others > 0 ? [`${ofOthers} for URLs of other owners`] : []),
  ];
  return `None of the ${ofAll} read was added: ${reasons.join(', ')}.`;
}
