import { useEffect, useState } from 'preact/hooks';
import type { View } from './address.ts';
import type { Stats } from './use-stats.ts';
import type { Navigate } from './use-view.ts';

const FALLBACK = 'UTC';

/**
 * Shows a view in UTC instead if the server refuses its time zone: a browser may be newer than the server.
 * @returns the zone that was refused, until another one is chosen; and the statistics without that failure
 */
export function useZoneFallback(
  view: View,
  navigate: Navigate,
  stats: Stats,
): readonly [string | undefined, Stats] {
  const [refused, setRefused] = useState<string | undefined>(undefined);
  const { failure, isLoading } = stats;
  const isZoneWrong = failure?.field === 'timezone';
  const isRefused = isZoneWrong && !isLoading && view.timezone !== FALLBACK;
  useEffect(() => {
    if (!isRefused) return;
    setRefused(view.timezone);
    navigate({ ...view, timezone: FALLBACK }, 'replace');
  }, [isRefused]);
  return [
    view.timezone === FALLBACK ? refused : undefined,
    isZoneWrong ? { ...stats, failure: undefined, isLoading: true } : stats,
  ];
}
