import { useEffect } from 'preact/hooks';
import { type View, writeAddress } from './address.ts';
import { fetchStats, unlessAborted } from './api.ts';
import { oldestParameters } from './api-query.ts';
import type { Subject } from './subject.ts';

/** Pauses between requests: they grow, so that a page left open stays far below the rate limits. */
const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 30_000;
const GROWTH = 1.3;

/**
 * Asks now and then, while the page is visible, whether the first click is there.
 * @param onFirst called once it is, or if the key is refused
 */
export function useFirstClick(
  view: View,
  subject: Subject,
  key: string | undefined,
  onFirst: () => void,
): void {
  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    let pauseMs = FIRST_PAUSE_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    const askAfter = (milliseconds: number): void => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(() => void ask(), milliseconds);
    };
    const ask = async (): Promise<void> => {
      if (isAsking) return;
      isAsking = true;
      const result = await unlessAborted(signal, fetchStats(oldestParameters(view, subject), key, signal));
      isAsking = false;
      if (result === undefined) return;
      if (result.ok ? result.value.summary.total_clicks > 0 : result.failure.kind === 'key') {
        onFirst();
        return;
      }
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * GROWTH);
      askAfter(result.ok ? pauseMs : Math.max(pauseMs, (result.failure.retryAfter ?? 0) * 1000));
    };
    const onVisibilityChange = (): void => {
      if (document.hidden) clearTimeout(timer);
      else askAfter(0);
    };
    document.addEventListener('visibilitychange', onVisibilityChange, { signal });
    askAfter(pauseMs);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [writeAddress(view), key]);
}
