import { useEffect, useRef } from 'preact/hooks';
import { FILTER_NAMES } from '../stats/registry/dimensions.ts';
import { type View, removeFilter } from './address.ts';
import { dimensionText, valueText } from './labels.ts';
import type { Subject } from './api-query.ts';

interface FilterChipsProps {
  readonly view: View;
  readonly navigate: (view: View) => void;
  readonly subject: Subject;
  /** Whether the owner in the address can be removed from it: an administrator chooses another one instead. */
  readonly isOwnerFilter: boolean;
  /** Called when the last filter is removed, to move the focus elsewhere. */
  readonly onLastRemoved: () => void;
}

/** The active filters, each with a button to remove it. */
export function FilterChips(props: FilterChipsProps) {
  const { view, navigate, subject, isOwnerFilter, onLastRemoved } = props;
  const list = useRef<HTMLUListElement>(null);
  const removed = useRef<number | undefined>(undefined);
  const fixed = subject.scope === 'anon' ? { short_code: [subject.shortCode] } : {};
  const chips = FILTER_NAMES.filter((name) => !(name in fixed)).flatMap((name) =>
    (view.filters[name] ?? []).map((value) => ({
      label: `${dimensionText(name).one}: ${valueText(name, value)}`,
      title: value,
      without: removeFilter(view, name, value),
    })),
  );
  const withoutOwner = isOwnerFilter ? { ...view, ownerId: undefined } : view;
  if (view.ownerId !== undefined && isOwnerFilter && subject.scope === 'all')
    chips.push({ label: `Owner: ${view.ownerId}`, title: view.ownerId, without: withoutOwner });
  useEffect(() => {
    const place = removed.current;
    removed.current = undefined;
    if (place === undefined) return;
    const left = list.current?.querySelectorAll('button') ?? [];
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
      {chips.map(({ label, title, without }, place) => (
        <li key={label}>
          <button
            type="button"
            title={title}
            aria-label={`Remove filter ${label}`}
            onClick={() => leave(place, without)}
          >
            <bdi>{label}</bdi>
            <span class="cross" aria-hidden="true" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" class="plain" onClick={() => leave(0, { ...withoutOwner, filters: fixed })}>
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}
