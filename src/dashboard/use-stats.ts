import { useEffect, useState } from 'preact/hooks';
import { type View, writeAddress } from './address.ts';
import type { StatsResult } from './result-types.ts';
import { type Failure, type Result, unlessAborted } from './api.ts';
import type { Subject } from './subject.ts';
import type { CurrentKey } from './page-key.ts';
import { type LoadedView, loadView } from './load-view.ts';

/** The statistics of a view, and the state of the request for them. */
export interface Stats {
  /** While another view is loading or waits for a rate limit, still the previous view's. */
  readonly result: StatsResult | undefined;
  /** Whether there are no clicks at all, whatever the period and the filters. */
  readonly isEmpty: boolean;
  /** The key of the session, once it is known. */
  readonly currentKey: CurrentKey | undefined;
  readonly failure: Failure | undefined;
  /** Whether `result` belongs to another view. */
  readonly isOutdated: boolean;
  readonly isLoading: boolean;
  /** Time of the next automatic attempt, Unix ms. */
  readonly retryAt: number | undefined;
  readonly reload: () => void;
}

interface State {
  /** Whose clicks these are, and the view that `result` belongs to. */
  readonly owner: string;
  readonly requestedView: string | undefined;
  readonly result: StatsResult | undefined;
  readonly isEmpty: boolean;
  readonly currentKey: CurrentKey | undefined;
  readonly failure: Failure | undefined;
  readonly isLoading: boolean;
  readonly failures: number;
  readonly retryAt: number | undefined;
}

const NOTHING: State = {
  owner: '',
  requestedView: undefined,
  result: undefined,
  isEmpty: false,
  currentKey: undefined,
  failure: undefined,
  isLoading: true,
  failures: 0,
  retryAt: undefined,
};

/** Failures that may pass by themselves. */
const RETRYABLE: ReadonlySet<Failure['kind']> = new Set(['limited', 'unavailable', 'offline']);
const MAX_WAIT_MS = 30_000;

/**
 * Requests the statistics of a view whenever it changes, and aborts the request for the previous view.
 * @param session a new number discards everything known before
 */
export function useStats(
  view: View,
  subject: Subject | undefined,
  key: string | undefined,
  session: number,
): Stats {
  const [stored, setState] = useState<State>(NOTHING);
  const [attempt, setAttempt] = useState(0);
  const owner = `${session} ${subject?.scope === 'anon' ? subject.shortCode : ''}`;
  const requestedView = `${owner} ${writeAddress(view)}`;
  const state = stored.owner === owner ? stored : NOTHING;

  useEffect(() => {
    if (subject === undefined) return undefined;
    const outdated = new AbortController();
    const { signal } = outdated;
    const ofOwner = (last: State): State => (last.owner === owner ? last : { ...NOTHING, owner });
    setState((last) => ({ ...ofOwner(last), isLoading: true, retryAt: undefined }));
    const show = async (): Promise<void> => {
      const known = { key, currentKey: state.currentKey };
      const result = await unlessAborted(signal, loadView(view, subject, known, signal));
      if (result !== undefined) setState((last) => stateAfter(ofOwner(last), requestedView, result));
    };
    void show();
    return () => outdated.abort();
  }, [requestedView, attempt]);

  const reload = (): void => setAttempt((last) => last + 1);
  useEffect(() => {
    if (state.retryAt === undefined) return undefined;
    const timer = setTimeout(reload, state.retryAt - Date.now());
    return () => clearTimeout(timer);
  }, [state.retryAt]);

  const isOutdated = state.result !== undefined && state.requestedView !== requestedView;
  return { ...state, isOutdated, reload };
}

function stateAfter(last: State, requestedView: string, loaded: Result<LoadedView>): State {
  const { owner } = last;
  if (loaded.ok) {
    const { currentKey, result, isEmpty } = loaded.value;
    // Without a result the view is about to be replaced by the one that the key begins with.
    if (result === undefined) return { ...last, currentKey };
    return { ...NOTHING, owner, requestedView, currentKey, result, isEmpty, isLoading: false };
  }
  const { failure } = loaded;
  const failures = last.failures + 1;
  const wait = Math.min(MAX_WAIT_MS, Math.max(1, failure.retryAfter ?? 0) * 1000 * 1.5 ** (failures - 1));
  return {
    // Another view's numbers must not stay beside a failure, except while this one only waits for a rate limit.
    ...(last.requestedView === requestedView || failure.kind === 'limited'
      ? last
      : { ...NOTHING, owner, currentKey: last.currentKey }),
    failure,
    failures,
    isLoading: false,
    retryAt: RETRYABLE.has(failure.kind)
      ? Date.now() + Math.max(wait, (failure.retryAfter ?? 0) * 1000)
      : undefined,
  };
}
