import type { Parameter } from '../openapi/model.ts';

/** What the API document says of a parameter, but for its name and place. */
export type Described = Omit<Parameter, 'name' | 'in'>;

/** Names as the API document writes them in a sentence. */
export function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** A number as the API document writes it in a sentence: `10,000`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
