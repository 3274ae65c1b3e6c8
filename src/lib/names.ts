/** The names of a registry's entries, in order, with their own type. */
export function namesOf<Registry extends object>(registry: Registry): readonly (keyof Registry & string)[] {
  const isName = (name: string): name is keyof Registry & string => Object.hasOwn(registry, name);
  return Object.keys(registry).filter(isName);
}

/** Names as English lists them: `a, b and c`. */
export function listed(names: readonly string[], last: 'and' | 'or'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
}

/** One value for each entry of a registry, under its name and in its order. */
export function mapEntries<Registry extends object, Value>(
  registry: Registry,
  valueOf: (name: keyof Registry & string) => Value,
): { readonly [Name in keyof Registry & string]: Value } {
  const values = Object.fromEntries(namesOf(registry).map((name) => [name, valueOf(name)]));
  if (!hasEntries<Registry, Value>(values, registry)) throw new Error('An entry of a registry is missing.');
  return values;
}

function hasEntries<Registry extends object, Value>(
  values: Readonly<Record<string, Value>>,
  registry: Registry,
): values is Readonly<Record<string, Value>> & { readonly [Name in keyof Registry & string]: Value } {
  return namesOf(registry).every((name) => Object.hasOwn(values, name));
}

/** Longer texts are like no name, and a comparison takes as many steps as the product of both lengths. */
const MAX_COMPARED_LENGTH = 64;

/** The name that is spelt most like a text, letter case and punctuation aside; undefined where more than a third differs. */
export function nearestName(text: string, names: Iterable<string>): string | undefined {
  if (text.length > MAX_COMPARED_LENGTH) return undefined;
  const wanted = letters(text);
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    const known = letters(name);
    const most = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3));
    if (Math.abs(wanted.length - known.length) > most) continue;
    const distance = editDistance(wanted, known);
    if (distance <= most && distance < (nearest?.distance ?? Infinity)) nearest = { name, distance };
  }
  return nearest?.name;
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** How many letters have to be added, removed or replaced (Levenshtein). */
function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
