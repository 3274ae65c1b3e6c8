import { PROPERTY_PREFIX } from '../../../lib/property-prefix.ts';
import { isObject } from '../../../lib/json-object.ts';

/** A name that stands for one of a click's own properties, as columns and maps have it: `property.plan`. */
export type PropertyName = `property.${string}`;

export function isPropertyName(name: string): name is PropertyName {
  return name.startsWith(PROPERTY_PREFIX) && name.length > PROPERTY_PREFIX.length;
}

/** The property that such a name stands for. */
export function propertyKey(name: PropertyName): string {
  return name.slice(PROPERTY_PREFIX.length);
}

/** The name of a column in lower case, but for that of a property, which keeps its letters: `property.Plan`. */
export function columnName(text: string): string {
  const lower = text.trim().toLowerCase();
  return isPropertyName(lower) ? PROPERTY_PREFIX + text.trim().slice(PROPERTY_PREFIX.length) : lower;
}

/** A value of the field `properties` together with further pairs, which count before those in it. */
export function withProperties(
  properties: unknown,
  pairs: readonly (readonly [key: string, value: unknown])[],
): unknown {
  if (pairs.length === 0) return properties;
  return { ...(isObject(properties) && properties), ...Object.fromEntries(pairs) };
}
