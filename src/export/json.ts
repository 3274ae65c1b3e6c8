import type { Column, RowTemplate } from '../lib/row-template.ts';
import type { ExportContent } from './content.ts';
import type { TemplateFormat } from './export-format.ts';

export const JSON_DOCUMENT: TemplateFormat = {
  kind: 'template',
  extension: 'json',
  contentType: 'application/json',
  description: 'the statistics as `/api/v1/stats` returns them',
  capability: 'document',
  row: jsonRow,
  write: writeJson,
};

/** Every row has its comma before it; the list takes the first one's away. */
export function jsonRow(columns: readonly Column[]): RowTemplate {
  const fields = columns.flatMap((column, index) => [
    `${index === 0 ? '' : ','}${JSON.stringify(column.name)}:`,
    column,
  ]);
  return { escape: 'json', pieces: [',{', ...fields, '}'] };
}

/** The statistics answer as one JSON document. */
async function* writeJson({ head, lists, groupCounts }: ExportContent): AsyncGenerator<Buffer | string> {
  yield `${JSON.stringify(head).slice(0, -1)},"metrics":{`;
  let isFirstList = true;
  for await (const { name, rows } of lists) {
    yield `${isFirstList ? '' : ','}${JSON.stringify(name)}:[`;
    isFirstList = false;
    let isFirstPiece = true;
    for await (const piece of rows) {
      yield isFirstPiece ? piece.subarray(1) : piece;
      isFirstPiece = false;
    }
    yield ']';
  }
  yield `},"group_counts":${JSON.stringify(groupCounts)}}`;
}
