import { useEffect, useRef } from 'preact/hooks';
import type { View } from './address.ts';
import { FilterChips } from './chips.tsx';
import { Controls } from './controls.tsx';
import { rangeName } from './date-text.ts';
import { isAdmin } from '../keys/scopes.ts';
import { maySendClicks } from './page-key.ts';
import { Exports } from './exports.tsx';
import { FailureNotice } from './failure-notice.tsx';
import { FilterForm } from './filter-form.tsx';
import { withFilter } from './filtering.ts';
import { counted } from './format.ts';
import { Header } from './header.tsx';
import { Imports } from './imports.tsx';
import { Numbers } from './numbers.tsx';
import { OwnerPicker, ownerName } from './owner-picker.tsx';
import { Popover } from './popover.tsx';
import { Segments } from './segments.tsx';
import type { Subject } from './subject.ts';
import type { Stats } from './use-stats.ts';
import type { Navigate } from './use-view.ts';

interface DashboardProps {
  readonly view: View;
  readonly navigate: Navigate;
  readonly subject: Subject;
  readonly stats: Stats;
  /** The time zone that the server does not know, in place of which UTC is shown. */
  readonly refusedZone: string | undefined;
  /** Why the view that was asked for last is not shown. */
  readonly refusedView: string | undefined;
  readonly apiKey: string | undefined;
  /** Whether it replaces the sign-in form, so it must take the focus. */
  readonly isEntered: boolean;
  readonly onSignIn: () => void;
  readonly onSignOut: () => void;
}

/** The statistics of the key's owner, or of one link. */
export function Dashboard(props: DashboardProps) {
  const { view, navigate, subject, stats, refusedZone, refusedView, apiKey } = props;
  const { isEntered, onSignIn, onSignOut } = props;
  const { result, currentKey, failure, isLoading, isOutdated } = stats;
  const isDimmed = isOutdated || (isLoading && result !== undefined);
  const focusHeading = (): void => heading.current?.focus({ preventScroll: true });
  const heading = useRef<HTMLHeadingElement>(null);
  const title = subject.scope === 'anon' ? subject.shortCode : titleOf(view);
  const isAdministrator = currentKey && isAdmin(currentKey);
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
          {isAdministrator === true && subject.scope === 'all' && (
            <OwnerPicker view={view} navigate={navigate} apiKey={apiKey} />
          )}
          <Controls view={view} navigate={navigate} result={result} />
        </section>
        <section class="filters" aria-label="Filters of the clicks">
          <Popover label="Add filter">
            {(close) => (
              <div class="panel">
                <FilterForm
                  subject={subject}
                  condition={undefined}
                  onDone={(condition) => {
                    close();
                    navigate(withFilter(view, condition));
                  }}
                />
              </div>
            )}
          </Popover>
          {currentKey && <Segments view={view} navigate={navigate} currentKey={currentKey} apiKey={apiKey} />}
          <FilterChips
            view={view}
            navigate={navigate}
            subject={subject}
            isOwnerFilter={isAdministrator === false}
            onLastRemoved={focusHeading}
          />
        </section>
        <p class="hidden" role="status">
          {statusOf(stats)}
        </p>
        {refusedZone !== undefined && (
          <p class="range" role="status">
            The server does not know the time zone {refusedZone}, so times are in UTC.
          </p>
        )}
        {refusedView !== undefined && (
          <p class="panel failure" role="alert">
            {refusedView}
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
            <Numbers
              result={result}
              view={view}
              navigate={navigate}
              subject={subject}
              stats={stats}
              apiKey={apiKey}
            />
          )}
        </div>
        {subject.scope === 'all' && currentKey && maySendClicks(currentKey) && (
          <Imports
            view={view}
            currentKey={currentKey}
            apiKey={apiKey}
            shownAt={result?.generated_at}
            onChange={stats.reload}
          />
        )}
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

/** The heading of a view of several links. */
function titleOf({ ownerId }: View): string {
  return ownerId === undefined ? 'All links' : ownerName(ownerId);
}

function statusOf({ result, failure, isLoading }: Stats): string {
  if (isLoading) return 'Loading …';
  if (failure !== undefined || result === undefined) return '';
  const { total_clicks: clicks, unique_clicks: visitors } = result.summary;
  return `${counted(clicks, 'click')} by ${counted(visitors, 'visitor')}, ${rangeName(result.time_range)}.`;
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
