import { useEffect, useState } from 'preact/hooks';
import type { Failure } from './api.ts';
import type { Stats } from './use-stats.ts';

interface FailureNoticeProps {
  readonly failure: Failure;
  readonly stats: Stats;
  readonly onSignOut: (() => void) | undefined;
}

/** Shows what went wrong, and buttons to recover. */
export function FailureNotice({ failure, stats, onSignOut }: FailureNoticeProps) {
  return (
    <section class="panel failure" aria-label="Problem">
      <p role="alert">{failure.message}</p>
      <div class="actions">
        <button type="button" onClick={stats.reload} aria-disabled={stats.isLoading}>
          Try again
        </button>
        {failure.kind === 'forbidden' && onSignOut !== undefined && (
          <button type="button" onClick={onSignOut}>
            Use another key
          </button>
        )}
        {stats.isLoading && <span>Retrying …</span>}
        {stats.retryAt !== undefined && <Countdown until={stats.retryAt} />}
      </div>
    </section>
  );
}

function Countdown({ until }: { readonly until: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  // A screen reader would announce it every second.
  return <span aria-hidden="true">retrying in {Math.max(0, Math.ceil((until - now) / 1000))} s</span>;
}
