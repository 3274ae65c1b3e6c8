import type { FilterName } from '../stats/registry/dimension-names.ts';
import type { View } from './address.ts';
import type { Subject } from './subject.ts';
import { isFilteredBy, toggleFilter } from './filtering.ts';
import { FirstClick } from './first-click.tsx';
import { ListPanel } from './list-panel.tsx';
import { MAP_DIMENSION, listsOf, wideLists } from './shown-lists.ts';
import { WorldMap } from './map.tsx';
import { NoClicks, NoClicksOfLink } from './no-clicks.tsx';
import { type StatsResult, groupsOf } from './result-types.ts';
import { timeSlots } from './time-slots.ts';
import { Summary } from './summary.tsx';
import { TimePanel } from './time-panel.tsx';
import type { Stats } from './use-stats.ts';
import type { Navigate } from './use-view.ts';
import { periodOfSlots } from './zoom.ts';

/** Rows of a list; one is next to the map, which is higher. */
const ROWS = 8;
const ROWS_BESIDE_MAP = 11;

interface NumbersProps {
  readonly result: StatsResult;
  readonly view: View;
  readonly navigate: Navigate;
  readonly subject: Subject;
  readonly stats: Stats;
  readonly apiKey: string | undefined;
}

/** The totals and lists of a view; without clicks, what to do. */
export function Numbers({ result, view, navigate, subject, stats, apiKey }: NumbersProps) {
  const hasClicks = result.summary.total_clicks > 0;
  const lists = listsOf(view, subject);
  const wide = wideLists(lists);
  const onMap = MAP_DIMENSION;
  const panel = (dimension: FilterName, place: number) => (
    <ListPanel
      key={place}
      result={result}
      view={view}
      navigate={navigate}
      subject={subject}
      place={place}
      dimension={dimension}
      isWide={place < wide}
      rows={place === wide ? ROWS_BESIDE_MAP : ROWS}
    />
  );
  const panels = lists.map(panel);
  return (
    <>
      <Summary result={result} />
      {hasClicks ? (
        <>
          <TimePanel
            result={result}
            onZoom={(range) =>
              navigate({
                ...view,
                // The server chooses an interval for the new range.
                interval: undefined,
                period: periodOfSlots(timeSlots(result), result, view.period, range, view.timezone),
              })
            }
          />
          <div class="lists">
            {panels.slice(0, wide)}
            {onMap !== undefined && (
              <WorldMap
                groups={groupsOf(result, onMap)}
                isChosen={(code) => isFilteredBy(view, onMap, code)}
                onToggle={(code) => navigate(toggleFilter(view, onMap, code))}
              />
            )}
            {panels.slice(wide)}
          </div>
        </>
      ) : (
        <WithoutClicks view={view} navigate={navigate} subject={subject} stats={stats} apiKey={apiKey} />
      )}
    </>
  );
}

/** In place of the lists: why they are empty, and what to do. */
function WithoutClicks({ view, navigate, subject, stats, apiKey }: Omit<NumbersProps, 'result'>) {
  const { isEmpty, currentKey } = stats;
  if (!isEmpty) return <NoClicks view={view} navigate={navigate} subject={subject} />;
  if (subject.scope === 'anon' || currentKey === undefined) return <NoClicksOfLink />;
  return (
    <FirstClick
      key={view.ownerId}
      view={view}
      subject={subject}
      apiKey={apiKey}
      currentKey={currentKey}
      onFirst={stats.reload}
    />
  );
}
