/** The names of a registry's entries, in order, with their own type. */
export function namesOf<Registry extends object>(registry: Registry): readonly (keyof Registry & string)[] {
  const isName = (name: string): name is keyof Registry & string => Object.hasOwn(registry, name);
  return Object.keys(registry).filter(isName);
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
