import type { View } from './address.ts';
import { type Result, fetchJson, fetchStats } from './api.ts';
import { isAllTime, oldestParameters, statsParameters } from './api-query.ts';
import type { Subject } from './subject.ts';
import { type CurrentKey, beginningView, isCurrentKey } from './page-key.ts';
import { faultOfPeriod } from './period-choices.ts';
import type { StatsResult } from './result-types.ts';

/** What a view shows. */
export interface LoadedView {
  /** undefined without a key. */
  readonly currentKey: CurrentKey | undefined;
  /** undefined: the key begins with another view (`beginningView`). */
  readonly result: StatsResult | undefined;
  /** Whether there are no clicks at all, whatever the period and the filters. */
  readonly isEmpty: boolean;
}

/** The key of the session, and what the server has said of it. */
interface KnownKey {
  readonly key: string | undefined;
  readonly currentKey: CurrentKey | undefined;
}

/** Requests what a view shows. @throws the signal's reason when it aborts */
export async function loadView(
  view: View,
  subject: Subject,
  known: KnownKey,
  signal: AbortSignal,
): Promise<Result<LoadedView>> {
  const { key } = known;
  const described = await describeKey(known, signal);
  if (!described.ok) return described;
  const currentKey = described.value;
  if (beginningView(view, currentKey) !== view)
    return { ok: true, value: { currentKey, result: undefined, isEmpty: false } };

  // The parameter is the page's own: the server would only say that it does not know it.
  const period = view.unread.find(([name]) => name === 'period')?.[1];
  if (period !== undefined) {
    const message = faultOfPeriod(period);
    return { ok: false, failure: { kind: 'invalid', message, field: 'period', retryAfter: undefined } };
  }
  const now = Date.now();
  const fetchOldest = () => fetchStats(oldestParameters(view, subject), key, signal);
  // All time starts at the oldest click, which needs a request of its own.
  const oldest = isAllTime(view) ? await fetchOldest() : undefined;
  if (oldest?.ok === false) return oldest;
  const start = oldest && (oldest.value.summary.first_click ?? oldest.value.time_range.end_date);
  const stats = await fetchStats(statsParameters(view, subject, now, start), key, signal);
  if (!stats.ok) return stats;
  const isEmpty = hasNone(stats) && hasNone(oldest ?? (await fetchOldest()));
  return { ok: true, value: { currentKey, result: stats.value, isEmpty } };
}

async function describeKey(
  { key, currentKey }: KnownKey,
  signal: AbortSignal,
): Promise<Result<CurrentKey | undefined>> {
  if (key === undefined || currentKey !== undefined) return { ok: true, value: currentKey };
  return fetchJson('/api/v1/keys/current', { key, signal }, isCurrentKey);
}

function hasNone(stats: Result<StatsResult>): boolean {
  return stats.ok && stats.value.summary.total_clicks === 0;
}
