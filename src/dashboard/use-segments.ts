import { useEffect, useState } from 'preact/hooks';
import { filterForm } from '../stats/parse/filter-form.ts';
import type { View } from './address.ts';
import { type Result, fetchJson, request, unlessAborted } from './api.ts';
import { EVERY_OWNER } from './page-key.ts';
import { hasFields } from './result-types.ts';

const PATH = '/api/v1/segments';

interface Segment {
  readonly name: string;
  /** In the API's syntax. */
  readonly filters: unknown;
}

interface SegmentList {
  readonly items: readonly Segment[];
}

/** How a segment was stored; `exists`: it was not, since another has the name. */
type Saved = Result<'stored' | 'exists'>;

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

/**
 * Stores what narrows a view under a name: its filters, and those of its segments as they are now.
 * @param isReplacing whether it takes the place of a segment of that name
 */
export async function saveSegment(
  key: string | undefined,
  { ownerId, filters, segments }: View,
  name: string,
  isReplacing: boolean,
): Promise<Saved> {
  const { signal } = new AbortController();
  const parameters = ofOwner(ownerId);
  const known = await fetchJson(PATH, { key, signal, parameters }, isSegmentList);
  if (!known.ok) return known;
  const { items } = known.value;
  if (!isReplacing && items.some((one) => one.name === name)) return { ok: true, value: 'exists' };
  const own = filters.length === 0 ? [] : [filterForm(filters)];
  const stored = items.filter((one) => segments.includes(one.name)).map((one) => one.filters);
  const all = [...stored, ...own];
  const json = { filters: all.length === 1 ? all[0] : ['and', all] };
  const path = `${PATH}/${encodeURIComponent(name)}`;
  const saved = await request(path, { key, signal, parameters, method: 'PUT', json });
  return saved.ok ? { ok: true, value: 'stored' } : saved;
}

/** Beside every owner's clicks, the segments are those of the key's. */
function ofOwner(ownerId: string | undefined): URLSearchParams {
  return new URLSearchParams(ownerId === undefined || ownerId === EVERY_OWNER ? {} : { owner_id: ownerId });
}

function isSegmentList(body: unknown): body is SegmentList {
  return hasFields(body, { items: 'object' });
}
