import { useState } from 'preact/hooks';
import { FILTER_NAMES } from '../stats/registry/dimension-names.ts';
import { DEFAULT_OPERATOR, OPERATOR_NAMES } from '../stats/registry/operators.ts';
import { PROPERTY_PREFIX } from '../lib/property-prefix.ts';
import { isPropertyName } from '../stats/registry/properties.ts';
import { OPERATOR_WORDS } from '../stats/registry/words.ts';
import type { Condition } from '../stats/parse/filter.ts';
import type { Subject } from './subject.ts';
import { Options } from './choice.tsx';
import { ANOTHER_PROPERTY, DimensionOptions } from './dimension-options.tsx';
import { PropertyKey } from './dimension-picker.tsx';
import { dimensionText, isFilterName, valueText } from './labels.ts';
import { typedCondition, typedValues } from './typed-condition.ts';

interface FilterFormProps {
  readonly subject: Subject;
  /** The condition that is changed; undefined: a new one. */
  readonly condition: Condition | undefined;
  readonly onDone: (condition: Condition) => void;
}

const [FIRST = ANOTHER_PROPERTY] = FILTER_NAMES;

const OPERATOR_CHOICES = OPERATOR_NAMES.map((name) => [name, OPERATOR_WORDS[name].label] as const);

/** A condition to type: a dimension, an operator and values, one a line since values have commas. */
export function FilterForm({ subject, condition, onDone }: FilterFormProps) {
  const [dimension, setDimension] = useState<string>(condition?.dimension ?? FIRST);
  const [operator, setOperator] = useState<string>(condition?.operator ?? DEFAULT_OPERATOR);
  const name = isFilterName(dimension) ? dimension : undefined;
  const known = name === undefined ? [] : dimensionText(name).values.map((value) => valueText(name, value));
  const isProperty = dimension === ANOTHER_PROPERTY || isPropertyName(dimension);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const typed = typedCondition(new FormData(event.currentTarget), condition);
        if (typed !== undefined) onDone(typed);
      }}
    >
      <select
        name="dimension"
        aria-label="Filter by"
        value={dimension}
        onChange={({ currentTarget: { value } }) => setDimension(value)}
      >
        <DimensionOptions subject={subject} isMany={false} chosen={name} />
      </select>
      {isProperty && <PropertyKey value={dimension.slice(PROPERTY_PREFIX.length)} />}
      <select
        name="operator"
        aria-label="Operator"
        value={operator}
        onChange={({ currentTarget: { value } }) => setOperator(value)}
      >
        <Options choices={OPERATOR_CHOICES} />
      </select>
      <label>
        Values, one a line
        <textarea
          name="values"
          rows={3}
          required
          spellcheck={false}
          defaultValue={condition === undefined ? '' : typedValues(condition)}
        />
      </label>
      {known.length > 0 && <p class="note">{known.join(', ')}</p>}
      <label class="option">
        <input type="checkbox" name="any-case" defaultChecked={condition?.caseSensitive === false} />
        In any letter case
      </label>
      <button type="submit" class="primary">
        Apply
      </button>
    </form>
  );
}
