import type { View } from './address.ts';
import { isAllTime, type Subject } from './api-query.ts';

interface NoClicksProps {
  readonly view: View;
  readonly navigate: (view: View) => void;
  readonly subject: Subject;
}

/** Says that there are none, and what could show some. */
export function NoClicks({ view, navigate, subject }: NoClicksProps) {
  const kept = subject.scope === 'anon' ? { short_code: [subject.shortCode] } : {};
  const isFiltered = Object.keys(view.filters).length > Object.keys(kept).length || view.bots !== 'include';
  return (
    <section class="panel nothing" aria-label="No clicks">
      <p>
        <strong>No clicks {isFiltered ? 'fit these filters' : 'here'} in this period.</strong>
      </p>
      <div class="actions">
        {!isAllTime(view) && (
          <button
            type="button"
            onClick={() =>
              navigate({ ...view, interval: undefined, period: { kind: 'moving', name: 'all' } })
            }
          >
            Show all time
          </button>
        )}
        {isFiltered && (
          <button type="button" onClick={() => navigate({ ...view, bots: 'include', filters: kept })}>
            Clear filters
          </button>
        )}
      </div>
    </section>
  );
}
