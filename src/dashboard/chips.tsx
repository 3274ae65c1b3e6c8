import { useEffect, useRef } from 'preact/hooks';
import { type Filter, isCondition } from '../stats/parse/filter.ts';
import { OPERATOR_WORDS } from '../stats/registry/words.ts';
import type { View } from './address.ts';
import { type Subject, besideSubject, withoutFilters } from './subject.ts';
import { FilterForm } from './filter-form.tsx';
import { filterText } from './filter-words.ts';
import { negated, withFilter } from './filtering.ts';
import { Popover } from './popover.tsx';

interface FilterChipsProps {
  readonly view: View;
  readonly navigate: (view: View) => void;
  readonly subject: Subject;
  /** Whether the owner in the address can be removed from it: an administrator chooses another one instead. */
  readonly isOwnerFilter: boolean;
  /** Called when the last filter is removed, to move the focus elsewhere. */
  readonly onLastRemoved: () => void;
}

interface Chip {
  readonly label: string;
  readonly title: string;
  /** What can be changed. */
  readonly filter?: Filter;
  readonly without: View;
}

/** The active filters, each with a button to remove it. One that the page can read opens to be changed. */
export function FilterChips(props: FilterChipsProps) {
  const { view, navigate, subject, isOwnerFilter, onLastRemoved } = props;
  const list = useRef<HTMLUListElement>(null);
  const removed = useRef<number | undefined>(undefined);
  const withoutOwner = isOwnerFilter ? { ...view, ownerId: undefined } : view;
  const chips = chipsOf(view, subject);
  if (view.ownerId !== undefined && isOwnerFilter && subject.scope === 'all')
    chips.push({ label: `Owner: ${view.ownerId}`, title: view.ownerId, without: withoutOwner });
  useEffect(() => {
    const place = removed.current;
    removed.current = undefined;
    if (place === undefined) return;
    const left = list.current?.querySelectorAll<HTMLButtonElement>('.remove') ?? [];
    if (left.length === 0) onLastRemoved();
    else left[Math.min(place, chips.length - 1)]?.focus();
  }, [chips.length]);
  const leave = (place: number, without: View): void => {
    removed.current = place;
    navigate(without);
  };
  if (chips.length === 0) return null;
  return (
    <ul ref={list} class="chips" aria-label="Filters">
      {chips.map((chip, place) => (
        <li key={place} class="chip">
          <ChipText chip={chip} navigate={navigate} subject={subject} />
          <button type="button" class="remove" onClick={() => leave(place, chip.without)}>
            <span class="hidden">Remove filter {chip.label}</span>
            <span class="cross" aria-hidden="true" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" class="plain" onClick={() => leave(0, withoutFilters(withoutOwner, subject))}>
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}

function chipsOf(view: View, subject: Subject): Chip[] {
  const { unread, segments } = view;
  const without = <Field extends 'filters' | 'unread' | 'segments'>(
    field: Field,
    one: View[Field][number],
  ): View => ({ ...view, [field]: view[field].filter((other) => other !== one) });
  return [
    ...besideSubject(view, subject).filters.map((filter) => ({
      label: filterText(filter),
      title: isCondition(filter) ? filter.values.join('\n') : filterText(filter),
      filter,
      without: without('filters', filter),
    })),
    ...unread.map((parameter) => {
      const label = parameter.join('=');
      return { label, title: label, without: without('unread', parameter) };
    }),
    ...segments.map((name) => ({
      label: `Segment: ${name}`,
      title: name,
      without: without('segments', name),
    })),
  ];
}

interface ChipTextProps extends Pick<FilterChipsProps, 'navigate' | 'subject'> {
  readonly chip: Chip;
}

/** What a chip says, which opens to a form where it is of a filter. */
function ChipText({ chip: { label, title, filter, without }, navigate, subject }: ChipTextProps) {
  if (filter === undefined)
    return (
      <span class="label" title={title}>
        <bdi>{label}</bdi>
      </span>
    );
  const change = (close: () => void, next: Filter): void => {
    close();
    navigate(withFilter(without, next));
  };
  return (
    <Popover label={<bdi title={title}>{label}</bdi>}>
      {(close) => (
        <div class="panel">
          {isCondition(filter) ? (
            <FilterForm
              key={label}
              subject={subject}
              condition={filter}
              onDone={(next) => change(close, next)}
            />
          ) : (
            <p>{label}</p>
          )}
          <button type="button" onClick={() => change(close, negated(filter))}>
            {negationLabel(filter)}
          </button>
        </div>
      )}
    </Popover>
  );
}

function negationLabel(filter: Filter): string {
  const other = negated(filter);
  return isCondition(filter) && isCondition(other)
    ? `Change to “${OPERATOR_WORDS[other.operator].label}”`
    : 'Count the other clicks';
}
