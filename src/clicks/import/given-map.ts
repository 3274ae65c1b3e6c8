import { nearestName } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import { INPUT_NAMES, type InputName } from '../click-schema.ts';
import type { FieldMap, FieldSource } from './formats/field-map.ts';
import { FIELD_MAPS, FIELD_MAP_NAMES, type FieldMapName } from './formats/field-maps.ts';
import { type PropertyName, isPropertyName, propertyKey } from './formats/property-names.ts';

/** What the option `map` says: `short_code=slug`, `property.plan=tier`, `country==DE` for a text of every record, or the name of a preset. */
interface MapEntry {
  readonly field: InputName | PropertyName;
  readonly source: FieldSource;
}

/** A text of the option that means nothing. The message goes after the option's name. */
export class MapError extends Error {}

/** A map that a user has given, as far as it goes. */
export interface GivenMap {
  readonly preset: FieldMap | undefined;
  /** One a field: of several, the last counts. */
  readonly entries: readonly MapEntry[];
}

/** @throws MapError for a text that names no field of a click, nor a preset */
export function parseGivenMap(texts: readonly string[]): GivenMap {
  let preset: FieldMap | undefined;
  const byField = new Map<string, MapEntry>();
  for (const text of texts) {
    if (isPreset(text)) preset = FIELD_MAPS[text];
    else {
      const entry = parseEntry(text);
      byField.set(entry.field, entry);
    }
  }
  return { preset, entries: [...byField.values()] };
}

function isPreset(text: string): text is FieldMapName {
  return Object.hasOwn(FIELD_MAPS, text);
}

function parseEntry(text: string): MapEntry {
  const equals = text.indexOf('=');
  if (equals === -1) {
    throw new MapError(
      `must be FIELD=THEIR_FIELD or one of: ${FIELD_MAP_NAMES.join(', ')}; it is ${JSON.stringify(quotable(text))}`,
    );
  }
  const [name, theirs] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
  const field = isPropertyName(name) ? name : INPUT_NAMES.find((known) => known === name);
  if (field === undefined) {
    const nearest = nearestName(name, INPUT_NAMES);
    const hint = nearest === undefined ? `; those are ${INPUT_NAMES.join(', ')}` : `: perhaps ${nearest}`;
    throw new MapError(
      `must begin with a field of a click, which ${JSON.stringify(quotable(name))} is not${hint}`,
    );
  }
  if (theirs === '' || theirs === '=') throw new MapError(`must say which field of theirs is ${field}`);
  if (!theirs.startsWith('=')) return { field, source: { names: [theirs] } };
  const constant = theirs.slice(1);
  return { field, source: { names: [], convert: () => constant } };
}

/** A format's own map, with what is given in its place. */
export function mergeMap(own: FieldMap | undefined, { preset, entries }: GivenMap): FieldMap {
  const base = preset ?? own;
  const given = entries
    .filter(({ field }) => !isPropertyName(field))
    .map(({ field, source }) => [field, source]);
  const properties = entries.flatMap(({ field, source }) =>
    isPropertyName(field) ? [[propertyKey(field), source] as const] : [],
  );
  return {
    description: base?.description ?? '',
    keepsOwnNames: base === undefined,
    sources: { ...base?.sources, ...Object.fromEntries(given) },
    properties: [...(base?.properties ?? []), ...properties],
    ...(base?.leftOut && { leftOut: base.leftOut }),
  };
}
