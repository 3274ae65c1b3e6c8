import { useEffect, useState } from 'preact/hooks';
import { filterForm } from '../stats/parse/filter-form.ts';
import type { View } from './address.ts';
import { type Result, fetchJson, request, unlessAborted } from './api.ts';
import { EVERY_OWNER } from './current-key.ts';
import { hasFields } from './result-types.ts';

const PATH = '/api/v1/segments';

interface SegmentList {
  readonly items: readonly { readonly name: string }[];
}

/** The names of the segments of a view's owner, asked for anew each time; undefined while they are loading. */
export function useSegments(
  key: string | undefined,
  { ownerId }: View,
): Result<readonly string[]> | undefined {
  const [found, setFound] = useState<Result<readonly string[]> | undefined>(undefined);
  useEffect(() => {
    const outdated = new AbortController();
    const { signal } = outdated;
    const parameters = ofOwner(ownerId);
    const load = async (): Promise<void> => {
      const result = await unlessAborted(signal, fetchJson(PATH, { key, signal, parameters }, isSegmentList));
      if (result !== undefined)
        setFound(result.ok ? { ok: true, value: result.value.items.map(({ name }) => name) } : result);
    };
    void load();
    return () => outdated.abort();
  }, [key, ownerId]);
  return found;
}

/** Stores the filters of a view under a name, in place of those that have it. */
export async function saveSegment(
  key: string | undefined,
  { ownerId, filters }: View,
  name: string,
): Promise<Result<Response>> {
  const { signal } = new AbortController();
  const json = { filters: filterForm(filters) };
  const parameters = ofOwner(ownerId);
  return request(`${PATH}/${encodeURIComponent(name)}`, { key, signal, parameters, method: 'PUT', json });
}

/** Beside every owner's clicks, the segments are those of the key's. */
function ofOwner(ownerId: string | undefined): URLSearchParams {
  return new URLSearchParams(ownerId === undefined || ownerId === EVERY_OWNER ? {} : { owner_id: ownerId });
}

function isSegmentList(body: unknown): body is SegmentList {
  return hasFields(body, { items: 'object' });
}
