import { TOPICS } from '../stats/registry/dimension.ts';
import { FILTER_NAMES, type FilterName } from '../stats/registry/dimension-names.ts';
import { namesOf } from '../lib/names.ts';
import type { Subject } from './subject.ts';
import { Options } from './choice.tsx';
import { dimensionText } from './labels.ts';
import { goesWith } from './shown-lists.ts';

/** The value of the option for a property whose key is still to be typed. */
export const ANOTHER_PROPERTY = '';

interface DimensionOptionsProps {
  readonly subject: Subject;
  /** Whether names are of several values, as headings of lists are. */
  readonly isMany: boolean;
  /** The dimension that is chosen, which may be a property. */
  readonly chosen: FilterName | undefined;
}

/** Every dimension that people can choose, by topic, and properties, of which only those who send clicks know the keys. */
export function DimensionOptions({ subject, isMany, chosen }: DimensionOptionsProps) {
  const properties = FILTER_NAMES.some((name) => name === chosen) ? [] : [chosen];
  const names = [...FILTER_NAMES, ...properties.filter((name) => name !== undefined)];
  const offered = names.filter((name) => goesWith(name, subject.scope));
  return (
    <>
      {namesOf(TOPICS).map((topic) => (
        <optgroup key={topic} label={TOPICS[topic]}>
          <Options
            choices={offered
              .filter((name) => dimensionText(name).topic === topic)
              .map((name) => [name, dimensionText(name)[isMany ? 'many' : 'one']])}
          />
          {topic === 'property' && <option value={ANOTHER_PROPERTY}>Property …</option>}
        </optgroup>
      ))}
    </>
  );
}
