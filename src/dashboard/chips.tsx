import { FILTER_NAMES } from '../stats/dimensions.ts';
import { type View, toggleFilter } from './address.ts';
import { dimensionText, valueText } from './labels.ts';
import type { Subject } from './question.ts';

interface FilterChipsProps {
  readonly view: View;
  readonly navigate: (view: View) => void;
  readonly subject: Subject;
}

/** What the page is narrowed to, each part with a way out. */
export function FilterChips({ view, navigate, subject }: FilterChipsProps) {
  const kept = subject.scope === 'anon' ? { short_code: [subject.shortCode] } : {};
  const chips = FILTER_NAMES.filter((name) => !(name in kept)).flatMap((name) =>
    (view.filters[name] ?? []).map((value) => ({
      label: `${dimensionText(name).one}: ${valueText(name, value)}`,
      title: value,
      without: toggleFilter(view, name, value),
    })),
  );
  if (view.ownerId !== undefined && subject.scope === 'all') {
    const owner = view.ownerId === '*' ? 'everybody' : view.ownerId;
    chips.push({ label: `Owner: ${owner}`, title: owner, without: { ...view, ownerId: undefined } });
  }
  if (chips.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {chips.map(({ label, title, without }) => (
        <li key={label}>
          <button
            type="button"
            title={title}
            aria-label={`Remove filter ${label}`}
            onClick={() => navigate(without)}
          >
            <bdi>{label}</bdi>
            <span class="cross" aria-hidden="true" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button
            type="button"
            class="plain"
            onClick={() => navigate({ ...view, ownerId: undefined, filters: kept })}
          >
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}
