import { useEffect, useState } from 'preact/hooks';
import type { OwnerList } from '../http/api/owners.ts';
import { type Result, fetchJson, unlessAborted } from './api.ts';
import { hasFields } from './result-types.ts';

/** Owners that a search shows. */
const SHOWN_OWNERS = 50;

/** A search is sent after this pause in typing. */
const PAUSE_MS = 250;

/** The owners that match a search. */
export interface Owners {
  /** Of the search before, while this one is under way; undefined: the first is. */
  readonly result: Result<OwnerList> | undefined;
  /** Whether `result` is that of this search. */
  readonly isCurrent: boolean;
  readonly reload: () => void;
}

/** Requests the owners that match a search, those with the most clicks, anew each time that they are wanted. */
export function useOwners(key: string | undefined, search: string, isWanted: boolean): Owners {
  const [found, setFound] = useState<{ readonly search: string; readonly result: Result<OwnerList> }>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (!isWanted) return undefined;
    const outdated = new AbortController();
    const { signal } = outdated;
    const parameters = new URLSearchParams({ search, limit: String(SHOWN_OWNERS) });
    const load = async (): Promise<void> => {
      const work = fetchJson('/api/v1/owners', { key, signal, parameters }, isOwnerList);
      const result = await unlessAborted(signal, work);
      if (result !== undefined) setFound({ search, result });
    };
    const timer = setTimeout(() => void load(), search === '' ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      outdated.abort();
    };
  }, [isWanted, search, attempt]);
  const reload = (): void => {
    setFound(undefined);
    setAttempt((last) => last + 1);
  };
  return { result: found?.result, isCurrent: found?.search === search, reload };
}

function isOwnerList(body: unknown): body is OwnerList {
  return hasFields(body, { items: 'object', total: 'number' });
}
