import { type Element, js2xml } from 'xml-js';
import { type Column, type RowTemplate, escapeText } from '../lib/row-template.ts';
import { wellFormed } from '../lib/text.ts';
import type { ExportContent, ExportList } from './content.ts';
import type { TableFormat, TemplateFormat } from './export-format.ts';

export const XML: TemplateFormat = {
  kind: 'template',
  extension: 'xml',
  contentType: 'application/xml',
  description: 'the same tree',
  capability: 'document',
  isForSpreadsheets: false,
  row: xmlRow,
  write: writeXml,
};

export const XML_ITEMS: TableFormat = {
  kind: 'template',
  extension: 'xml',
  contentType: 'application/xml',
  description: 'the same tree as XML',
  capability: 'document',
  isForSpreadsheets: false,
  row: xmlRow,
  writeTable: writeItems,
};

export function xmlRow(columns: readonly Column[]): RowTemplate {
  const fields = columns.flatMap((column) => {
    const name = elementName(column.name);
    return column.kind === 'flag'
      ? [{ ...column, whenSet: `<${name}>true</${name}>` }]
      : [`<${name}>`, column, `</${name}>`];
  });
  return { escape: 'xml', pieces: ['<row>', ...fields, '</row>'] };
}

/** The stats result as one XML 1.0 document: its fields as elements, lists as repeated `row`. */
async function* writeXml(content: ExportContent): AsyncGenerator<Buffer | string> {
  const { head, lists, groupCounts, previous } = content;
  yield BEGINNING;
  yield elements(head);
  yield* metrics(lists);
  yield elements({ group_counts: groupCounts });
  if (previous === null) yield elements({ previous });
  if (previous) {
    yield `<previous>${elements(previous.head)}`;
    if (previous.listNames.length > 0) yield* metrics(previous.lists);
    yield '</previous>';
  }
  yield '</export>';
}

async function* writeItems({ rows }: ExportList): AsyncGenerator<Buffer | string> {
  yield `${BEGINNING}<items>`;
  yield* rows;
  yield `</items>${elements({ next_cursor: null })}</export>`;
}

const BEGINNING = '<?xml version="1.0" encoding="UTF-8"?>\n<export>';

async function* metrics(lists: AsyncIterable<ExportList>): AsyncGenerator<Buffer | string> {
  yield '<metrics>';
  for await (const { name, rows } of lists) {
    yield `<${elementName(name)}>`;
    yield* rows;
    yield `</${elementName(name)}>`;
  }
  yield '</metrics>';
}

/**
 * xml-js lets control characters through and takes a text's `&amp;` for an escape that was there before. So it is
 * handed texts in which it finds nothing to change, and they are escaped by the rule of the rows when it writes them.
 */
function elements(fields: Readonly<Record<string, unknown>>): string {
  const textFn = (text: string): string => escapeText(decodeURIComponent(text), 'xml');
  return js2xml({ elements: childrenOf(fields) }, { textFn });
}

function childrenOf(value: unknown): Element[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((item: unknown) => elementOf('row', item));
  if (typeof value === 'object') return Object.entries(value).map(([name, field]) => elementOf(name, field));
  const text = encodeURIComponent(wellFormed(typeof value === 'string' ? value : JSON.stringify(value)));
  return text === '' ? [] : [{ type: 'text', text }];
}

function elementOf(name: string, value: unknown): Element {
  return { type: 'element', name: elementName(name), elements: childrenOf(value) };
}

/** A field's name as that of an element: a character that such names have not is written by its code, `_x0020_` for a blank. */
function elementName(name: string): string {
  return name.replaceAll(/[^\w.-]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `_x${code.padStart(4, '0')}_`;
  });
}
