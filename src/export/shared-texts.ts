import { ownCopy } from '../lib/own-copy.ts';

/** Texts that a workbook keeps once; enough for what repeats, and few enough to hold. */
export const MOST_SHARED_TEXTS = 50_000;
const MOST_CHARACTERS = 8_000_000;

/**
 * The table of a workbook's shared texts. A cell that names its text by place is a third as long as one that holds it,
 * and so is the time to compress it. Once the table is full, cells hold their texts themselves.
 */
export class SharedTexts {
  readonly #places = new Map<string, number>();
  readonly #before: string;
  readonly #first: number;
  readonly #mostTexts: number;
  #characters = 0;

  /**
   * @param table the table there is already, as the workbook's XML; these texts follow its own
   * @param mostTexts how many it takes
   */
  constructor(table: string, mostTexts = MOST_SHARED_TEXTS) {
    this.#mostTexts = mostTexts;
    this.#first = table.split('<si>').length - 1;
    // How many there are is said in attributes, which nobody needs and which would be wrong.
    this.#before = table.slice(0, table.indexOf('</sst>')).replace(/ (?:count|uniqueCount)="\d+"/g, '');
  }

  /** The place of a text, already escaped, in the table; undefined when the table is full. */
  placeOf(text: string): number | undefined {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    if (this.#places.size >= this.#mostTexts || this.#characters + text.length > MOST_CHARACTERS)
      return undefined;
    const place = this.#first + this.#places.size;
    this.#places.set(ownCopy(text), place);
    this.#characters += text.length;
    return place;
  }

  /** The table as the workbook's XML. Its texts are bytes of UTF-8, one a character, as they were given. */
  *xml(): Generator<Buffer> {
    yield Buffer.from(this.#before);
    for (const text of this.#places.keys()) {
      yield Buffer.from(`<si><t xml:space="preserve">${text}</t></si>`, 'latin1');
    }
    yield Buffer.from('</sst>');
  }
}
