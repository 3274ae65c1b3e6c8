import { type View } from './address.ts';
import type { FilterName } from '../stats/registry/dimension-names.ts';
import type { Subject } from './subject.ts';
import { DimensionPicker } from './dimension-picker.tsx';
import { excludeRow, isFilteredBy, toggleFilter } from './filtering.ts';
import { wholeNumber } from './format.ts';
import { dimensionText } from './labels.ts';
import { Ranking } from './ranking.tsx';
import { type StatsResult, groupsOf } from './result-types.ts';
import type { Navigate } from './use-view.ts';

interface ListPanelProps {
  readonly result: StatsResult;
  readonly view: View;
  readonly navigate: Navigate;
  readonly subject: Subject;
  /** The list's place among the view's. */
  readonly place: number;
  readonly dimension: FilterName;
  readonly isWide: boolean;
  /** Rows shown at first. */
  readonly rows: number;
}

/** A list in its place, where another can be chosen. */
export function ListPanel(props: ListPanelProps) {
  const { result, view, navigate, subject, place, dimension, isWide, rows } = props;
  const heading = `list-${place}`;
  const count = result.group_counts[dimension] ?? 0;
  return (
    <section class={`panel list of-${dimension}${isWide ? ' wide' : ''}`} aria-labelledby={heading}>
      <div class="title-of-list">
        <h2 id={heading} class="hidden">
          {dimensionText(dimension).many}
        </h2>
        <DimensionPicker
          view={view}
          navigate={navigate}
          subject={subject}
          place={place}
          dimension={dimension}
        />
        {count > 0 && <span class="count">{wholeNumber(count)}</span>}
      </div>
      <Ranking
        key={dimension}
        dimension={dimension}
        heading={heading}
        rows={rows}
        groups={groupsOf(result, dimension)}
        count={count}
        isCompared={(result.previous?.summary.total_clicks ?? 0) > 0}
        isChosen={(value) => isFilteredBy(view, dimension, value)}
        onToggle={(value) => navigate(toggleFilter(view, dimension, value))}
        onExclude={(value) => navigate(excludeRow(view, dimension, value))}
      />
    </section>
  );
}
