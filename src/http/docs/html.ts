/** Markup that is safe to put into a page. */
export interface Html {
  readonly kind: 'html';
  readonly text: string;
}

export type Piece = Html | string | number | readonly Piece[];

/** Tagged template for markup: whatever is put in is text and escaped, unless it is markup itself. */
export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  const parts = texts.map((text, index) => text + markupOf(pieces[index] ?? ''));
  return { kind: 'html', text: parts.join('') };
}

function markupOf(piece: Piece): string {
  if (typeof piece === 'string') return escape(piece);
  if (typeof piece === 'number') return String(piece);
  if ('kind' in piece) return piece.text;
  return piece.map(markupOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
