import { useState } from 'preact/hooks';
import type { FilterName } from '../stats/registry/dimension-names.ts';
import { PROPERTY_PREFIX } from '../lib/property-prefix.ts';
import type { View } from './address.ts';
import type { Subject } from './subject.ts';
import { Choice } from './choice.tsx';
import { ANOTHER_PROPERTY, DimensionOptions } from './dimension-options.tsx';
import { dimensionText, isFilterName } from './labels.ts';
import { withList } from './shown-lists.ts';
import type { Navigate } from './use-view.ts';

interface DimensionPickerProps {
  readonly view: View;
  readonly navigate: Navigate;
  readonly subject: Subject;
  /** The list's place among the view's. */
  readonly place: number;
  readonly dimension: FilterName;
}

/** Chooses what a list is of. */
export function DimensionPicker({ view, navigate, subject, place, dimension }: DimensionPickerProps) {
  const [isTyping, setIsTyping] = useState(false);
  const show = (name: string): View | undefined => {
    setIsTyping(name === ANOTHER_PROPERTY);
    return isFilterName(name) ? withList(view, subject, place, name) : undefined;
  };
  return (
    <>
      <Choice
        label={`Instead of ${dimensionText(dimension).many}`}
        value={dimension}
        look="heading"
        view={view}
        viewWith={show}
        navigate={navigate}
      >
        <DimensionOptions subject={subject} isMany chosen={dimension} />
      </Choice>
      {isTyping && (
        <form
          class="joined"
          onSubmit={(event) => {
            event.preventDefault();
            const key = new FormData(event.currentTarget).get('key');
            const next = show(`${PROPERTY_PREFIX}${typeof key === 'string' ? key : ''}`);
            if (next !== undefined) navigate(next);
          }}
        >
          <PropertyKey />
          <button type="submit">Show</button>
        </form>
      )}
    </>
  );
}

/** The field for the key of a property, named `key` in its form. */
export function PropertyKey({ value }: { readonly value?: string }) {
  return (
    <input
      name="key"
      aria-label="Key of the property"
      placeholder="plan"
      autocomplete="off"
      spellcheck={false}
      maxLength={128}
      required
      defaultValue={value ?? ''}
      ref={(field) => field?.focus()}
    />
  );
}
