/** The names of a registry's entries, in order, with their own type. */
export function namesOf<Registry extends object>(registry: Registry): readonly (keyof Registry & string)[] {
  const isName = (name: string): name is keyof Registry & string => Object.hasOwn(registry, name);
  return Object.keys(registry).filter(isName);
}
