import { useEffect, useState } from 'preact/hooks';
import { type View, writeAddress } from './address.ts';
import type { Answer } from './result-types.ts';
import { type Failure, type Result, askStats } from './api.ts';
import { type Subject, isAllTime, oldestParameters, statsParameters } from './api-query.ts';

/** What is known of the clicks that a view shows. */
export interface Stats {
  /** While another view is loading or has to wait for a limit, still the last one's. */
  readonly answer: Answer | undefined;
  readonly failure: Failure | undefined;
  /** Whether the answer is that of another view. */
  readonly isOutdated: boolean;
  readonly isLoading: boolean;
  /** When it is asked again by itself, Unix ms. */
  readonly retryAt: number | undefined;
  readonly reload: () => void;
}

interface State {
  /** Whose clicks it is about, and which it has the answer for. */
  readonly owner: string;
  readonly asked: string | undefined;
  readonly answer: Answer | undefined;
  readonly failure: Failure | undefined;
  readonly isLoading: boolean;
  readonly failures: number;
  readonly retryAt: number | undefined;
}

const NOTHING: State = {
  owner: '',
  asked: undefined,
  answer: undefined,
  failure: undefined,
  isLoading: true,
  failures: 0,
  retryAt: undefined,
};

/** These pass by themselves. */
const PASSING: ReadonlySet<Failure['kind']> = new Set(['limited', 'unavailable', 'offline']);
const LONGEST_WAIT_MS = 30_000;

/**
 * Asks for what a view shows, whenever it changes; an answer that comes too late for its view is dropped.
 * @param session another number, and nothing that was known before holds any more
 */
export function useStats(
  view: View,
  subject: Subject | undefined,
  key: string | undefined,
  session: number,
): Stats {
  const [kept, setState] = useState<State>(NOTHING);
  const [attempt, setAttempt] = useState(0);
  const owner = `${session} ${subject?.scope === 'anon' ? subject.shortCode : ''}`;
  const asked = `${owner} ${writeAddress(view)}`;
  const state = kept.owner === owner ? kept : NOTHING;

  useEffect(() => {
    if (subject === undefined) return undefined;
    const outdated = new AbortController();
    const { signal } = outdated;
    const ofOwner = (last: State): State => (last.owner === owner ? last : { ...NOTHING, owner });
    setState((last) => ({ ...ofOwner(last), isLoading: true, retryAt: undefined }));
    const show = async (): Promise<void> => {
      const result = await unlessAborted(signal, load(view, subject, key, signal));
      if (result !== undefined) setState((last) => stateAfter(ofOwner(last), asked, result));
    };
    void show();
    return () => outdated.abort();
  }, [asked, attempt]);

  const reload = (): void => setAttempt((last) => last + 1);
  useEffect(() => {
    if (state.retryAt === undefined) return undefined;
    const timer = setTimeout(reload, state.retryAt - Date.now());
    return () => clearTimeout(timer);
  }, [state.retryAt]);

  const { answer, failure, isLoading, retryAt } = state;
  const isOutdated = answer !== undefined && state.asked !== asked;
  return { answer, failure, isOutdated, isLoading, retryAt, reload };
}

function stateAfter(last: State, asked: string, result: Result<Answer>): State {
  const { owner } = last;
  if (result.ok) return { ...NOTHING, owner, asked, answer: result.value, isLoading: false };
  const { failure } = result;
  const failures = last.failures + 1;
  const wait = Math.min(LONGEST_WAIT_MS, Math.max(1, failure.retryAfter ?? 0) * 1000 * 1.5 ** (failures - 1));
  return {
    // What another view showed says nothing about this one; a limit says nothing about the server.
    ...(last.asked === asked || failure.kind === 'limited' ? last : { ...NOTHING, owner }),
    failure,
    failures,
    isLoading: false,
    retryAt: PASSING.has(failure.kind)
      ? Date.now() + Math.max(wait, (failure.retryAfter ?? 0) * 1000)
      : undefined,
  };
}

/** What comes of `work`; undefined when nobody waits for it any more. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  try {
    const result = await work;
    return signal.aborted ? undefined : result;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** All time begins with the first click, which takes a question of its own. */
async function load(
  view: View,
  subject: Subject,
  key: string | undefined,
  signal: AbortSignal,
): Promise<Result<Answer>> {
  const now = Date.now();
  if (!isAllTime(view)) return askStats(statsParameters(view, subject, now), key, signal);
  const oldest = await askStats(oldestParameters(view, subject), key, signal);
  if (!oldest.ok) return oldest;
  const first = oldest.value.summary.first_click ?? undefined;
  return askStats(
    statsParameters(view, subject, now, first ?? oldest.value.time_range.end_date),
    key,
    signal,
  );
}
