import type { View } from './address.ts';
import { isAllTime, type Subject } from './api-query.ts';

interface NoClicksProps {
  readonly view: View;
  readonly navigate: (view: View) => void;
  readonly subject: Subject;
}

/** Shown if no clicks match though there are some, with buttons that widen the view. */
export function NoClicks({ view, navigate, subject }: NoClicksProps) {
  const fixed = subject.scope === 'anon' ? { short_code: [subject.shortCode] } : {};
  const isFiltered = Object.keys(view.filters).length > Object.keys(fixed).length || view.bots !== 'include';
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
          <button type="button" onClick={() => navigate({ ...view, bots: 'include', filters: fixed })}>
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
