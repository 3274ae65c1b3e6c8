import { useEffect, useRef } from 'preact/hooks';
import { FILTER_NAMES, type FilterName } from '../stats/registry/dimensions.ts';
import { type View, isFilteredBy, toggleFilter } from './address.ts';
import { type StatsResult, groupsOf, timeSlots } from './result-types.ts';
import { FilterChips } from './chips.tsx';
import { Controls } from './controls.tsx';
import { rangeName } from './dates.ts';
import { Exports } from './exports.tsx';
import { FailureNotice } from './failure-notice.tsx';
import { wholeNumber } from './format.ts';
import { Header } from './header.tsx';
import { WorldMap } from './map.tsx';
import { NoClicks } from './no-clicks.tsx';
import type { Subject } from './api-query.ts';
import { Ranking } from './ranking.tsx';
import { Summary } from './summary.tsx';
import { TimePanel } from './time-panel.tsx';
import type { Stats } from './use-stats.ts';
import type { Navigate } from './use-view.ts';
import { periodOfSlots } from './zoom.ts';

interface DashboardProps {
  readonly view: View;
  readonly navigate: Navigate;
  readonly subject: Subject;
  readonly stats: Stats;
  /** The time zone that the server does not know, in place of which UTC is shown. */
  readonly refusedZone: string | undefined;
  readonly apiKey: string | undefined;
  /** Whether it replaces the sign-in form, so it must take the focus. */
  readonly isEntered: boolean;
  readonly onSignIn: () => void;
  readonly onSignOut: () => void;
}

/** The statistics of the key's owner, or of one link. */
export function Dashboard(props: DashboardProps) {
  const { view, navigate, subject, stats, refusedZone, apiKey, isEntered, onSignIn, onSignOut } = props;
  const { result, failure, isLoading, isOutdated } = stats;
  const isDimmed = isOutdated || (isLoading && result !== undefined);
  const focusHeading = (): void => heading.current?.focus({ preventScroll: true });
  const heading = useRef<HTMLHeadingElement>(null);
  const title = subject.scope === 'anon' ? subject.shortCode : 'All links';
  useEffect(() => {
    if (isEntered) focusHeading();
  }, []);
  useEffect(() => {
    document.title = `${title} – Spoor`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#clicks">
        Skip to statistics
      </a>
      <Header
        isSignedIn={apiKey !== undefined}
        isLoading={isLoading}
        onReload={stats.reload}
        onSignIn={onSignIn}
        onSignOut={onSignOut}
      />
      <main id="clicks" class="page">
        <div class="title">
          <h1 ref={heading} tabIndex={-1} title={title}>
            <bdi>{title}</bdi>
          </h1>
          {result !== undefined && (
            <p class={isDimmed ? 'range outdated' : 'range'}>{rangeName(result.time_range)}</p>
          )}
          <Exports view={view} subject={subject} result={isDimmed ? undefined : result} apiKey={apiKey} />
        </div>
        <section class="tools" aria-label="Period and options">
          <Controls view={view} navigate={navigate} result={result} />
        </section>
        <FilterChips view={view} navigate={navigate} subject={subject} onLastRemoved={focusHeading} />
        <p class="hidden" role="status">
          {statusOf(stats)}
        </p>
        {refusedZone !== undefined && (
          <p class="range" role="status">
            The server does not know the time zone {refusedZone}, so times are in UTC.
          </p>
        )}
        {failure !== undefined && (
          <FailureNotice
            failure={failure}
            stats={stats}
            onSignOut={apiKey === undefined ? undefined : onSignOut}
          />
        )}
        <div class={isDimmed ? 'numbers outdated' : 'numbers'} aria-busy={isLoading}>
          {result === undefined ? (
            failure === undefined && <Skeleton />
          ) : (
            <Numbers result={result} view={view} navigate={navigate} subject={subject} />
          )}
        </div>
      </main>
      <footer>
        <a href="/docs">API</a>
        <a href="https://db-ip.com" target="_blank" rel="noreferrer noopener">
          IP Geolocation by DB-IP
        </a>
      </footer>
    </>
  );
}

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
}

function Numbers({ result, view, navigate, subject }: NumbersProps) {
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
        <NoClicks view={view} navigate={navigate} subject={subject} />
      )}
    </>
  );
}

function statusOf({ result, failure, isLoading }: Stats): string {
  if (isLoading) return 'Loading …';
  if (failure !== undefined || result === undefined) return '';
  const { total_clicks: clicks, unique_clicks: visitors } = result.summary;
  return `${wholeNumber(clicks)} clicks by ${wholeNumber(visitors)} visitors, ${rangeName(result.time_range)}.`;
}

/** Placeholders while the statistics are loading. */
function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      <div class="panel" />
      <div class="panel tall" />
      <div class="panel tall" />
    </div>
  );
}
