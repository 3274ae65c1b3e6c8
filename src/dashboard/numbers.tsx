import { FILTER_NAMES, type RegisteredFilter as FilterName } from '../stats/registry/dimensions.ts';
import { type View, isFilteredBy, toggleFilter } from './address.ts';
import type { Subject } from './api-query.ts';
import { FirstClick } from './first-click.tsx';
import { WorldMap } from './map.tsx';
import { NoClicks, NoClicksOfLink } from './no-clicks.tsx';
import { Ranking } from './ranking.tsx';
import { type StatsResult, groupsOf, timeSlots } from './result-types.ts';
import { Summary } from './summary.tsx';
import { TimePanel } from './time-panel.tsx';
import type { Stats } from './use-stats.ts';
import type { Navigate } from './use-view.ts';
import { periodOfSlots } from './zoom.ts';

/** Rows of a list; the list of countries is next to the map, which is higher. */
const ROWS = 8;
const ROWS_BESIDE_MAP = 11;

/** Lists with long names. */
const WIDE: readonly FilterName[] = ['referrer', 'short_code'];

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
  const toggle = (name: FilterName, value: string): void => navigate(toggleFilter(view, name, value));
  const lists = FILTER_NAMES.filter((name) => result.group_by.includes(name));
  const ranking = (name: FilterName) => (
    <Ranking
      key={name}
      dimension={name}
      isWide={WIDE.includes(name)}
      rows={name === 'country' ? ROWS_BESIDE_MAP : ROWS}
      groups={groupsOf(result, name)}
      count={result.group_counts[name] ?? 0}
      isChosen={(value) => isFilteredBy(view, name, value)}
      onToggle={(value) => toggle(name, value)}
    />
  );
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
            {lists.filter((name) => WIDE.includes(name)).map(ranking)}
            <WorldMap
              groups={groupsOf(result, 'country')}
              isChosen={(code) => isFilteredBy(view, 'country', code)}
              onToggle={(code) => toggle('country', code)}
            />
            {ranking('country')}
            {lists.filter((name) => !WIDE.includes(name) && name !== 'country').map(ranking)}
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
