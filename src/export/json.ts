import type { Column, RowTemplate } from '../lib/row-template.ts';
import type { ExportContent, ExportList } from './content.ts';
import type { TableFormat, TemplateFormat } from './export-format.ts';

export const JSON_DOCUMENT: TemplateFormat = {
  kind: 'template',
  extension: 'json',
  contentType: 'application/json',
  description: 'the statistics as `/api/v1/stats` returns them',
  capability: 'document',
  isForSpreadsheets: false,
  row: jsonRow,
  write: writeJson,
};

export const JSON_ITEMS: TableFormat = {
  kind: 'template',
  extension: 'json',
  contentType: 'application/json',
  description: 'all of them as one page of the list',
  capability: 'document',
  isForSpreadsheets: false,
  row: jsonRow,
  writeTable: writeItems,
};

/** Every row has its comma before it; the list takes the first one's away. */
export function jsonRow(columns: readonly Column[]): RowTemplate {
  const fields = columns.flatMap((column, index) => {
    const name = `${index === 0 ? '' : ','}${JSON.stringify(column.name)}:`;
    return column.kind === 'flag' ? [{ ...column, whenSet: `${name}true` }] : [name, column];
  });
  return { escape: 'json', pieces: [',{', ...fields, '}'] };
}

/** The stats result as one JSON document. */
async function* writeJson(content: ExportContent): AsyncGenerator<Buffer | string> {
  const { head, lists, groupCounts, previous } = content;
  yield openObject(head);
  yield* metrics(lists);
  yield `,"group_counts":${JSON.stringify(groupCounts)}`;
  if (previous === null) yield ',"previous":null';
  if (previous) {
    yield `,"previous":${openObject(previous.head)}`;
    if (previous.listNames.length > 0) yield* metrics(previous.lists);
    yield '}';
  }
  yield '}';
}

/** An object to which more fields are to come. */
function openObject(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).slice(0, -1);
}

async function* metrics(lists: AsyncIterable<ExportList>): AsyncGenerator<Buffer | string> {
  yield ',"metrics":{';
  let isFirstList = true;
  for await (const { name, rows } of lists) {
    yield `${isFirstList ? '' : ','}${JSON.stringify(name)}:[`;
    isFirstList = false;
    yield* elements(rows);
    yield ']';
  }
  yield '}';
}

/** The rows of a list without the comma before the first. */
async function* elements(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirstPiece = true;
  for await (const piece of rows) {
    yield isFirstPiece ? piece.subarray(1) : piece;
    isFirstPiece = false;
  }
}

async function* writeItems({ rows }: ExportList): AsyncGenerator<Buffer | string> {
  yield '{"items":[';
  yield* elements(rows);
  yield '],"next_cursor":null}';
}
