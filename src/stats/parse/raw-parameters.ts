import { invalid } from '../../errors.ts';

/** A query string's parameters as the HTTP layer reads them: a list where a name was given more than once. */
export type RawParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The values of a parameter that may be given several times; trimmed, empty ones left out. */
export function valuesOf(raw: RawParameters, name: string): readonly string[] {
  return givenAs(raw[name])
    .map((text) => trimmed(name, text))
    .filter((text) => text !== '');
}

function givenAs(given: RawParameters[string]): readonly string[] {
  return given === undefined ? [] : typeof given === 'string' ? [given] : given;
}

/** The value of a parameter that may be given once; undefined when it is missing or empty. */
export function valueOf(raw: RawParameters, name: string): string | undefined {
  const values = valuesOf(raw, name);
  if (values.length > 1) throw invalid(name, `${name} is given more than once.`);
  return values[0];
}

/** The same as it was sent, for names: those that are stored may begin or end with blanks. */
export function nameOf(raw: RawParameters, name: string): string | undefined {
  return valueOf(raw, name) === undefined ? undefined : givenAs(raw[name]).find((text) => text.trim() !== '');
}

/** Splits at commas; `\,` is a comma inside a value. Parts are trimmed, empty ones left out. */
export function splitList(text: string): readonly string[] {
  return text
    .split(/(?<!\\),/)
    .map((part) => part.replaceAll('\\,', ',').trim())
    .filter((part) => part !== '');
}

function trimmed(name: string, text: string): string {
  if (text.includes('\0')) throw invalid(name, `${name} contains the character U+0000.`);
  return text.trim();
}
