import type { View } from './address.ts';
import { isAllTime } from './api-query.ts';
import { type Subject, isNarrowed, withoutFilters } from './subject.ts';

interface NoClicksProps {
  readonly view: View;
  readonly navigate: (view: View) => void;
  readonly subject: Subject;
}

/** Shown if no clicks match though there are some, with buttons that widen the view. */
export function NoClicks({ view, navigate, subject }: NoClicksProps) {
  const isFiltered = isNarrowed(view, subject) || view.bots !== 'include';
  return (
    <section class="panel nothing" aria-label="No clicks">
      <p>
        <strong>No clicks {isFiltered && 'match these filters '}in this period.</strong>
      </p>
      <div class="actions">
        {!isAllTime(view) && (
          <button
            type="button"
            onClick={() =>
              navigate({ ...view, interval: undefined, period: { kind: 'relative', name: 'all' } })
            }
          >
            Show all time
          </button>
        )}
        {isFiltered && (
          <button
            type="button"
            onClick={() => navigate({ ...withoutFilters(view, subject), bots: 'include' })}
          >
            Clear filters
          </button>
        )}
      </div>
    </section>
  );
}

/** Shown if a link has no clicks of any time. */
export function NoClicksOfLink() {
  return (
    <section class="panel nothing" aria-label="No clicks">
      <p>
        <strong>This link has no clicks yet.</strong>
      </p>
    </section>
  );
}
