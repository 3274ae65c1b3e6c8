import { useEffect, useState } from 'preact/hooks';
import type { ImportBody } from '../http/api/import-schemas.ts';
import { fetchJson, unlessAborted } from './api.ts';
import { isImport } from './upload-file.ts';
import { hasFields } from './result-types.ts';

/** Imports that the page lists. */
const SHOWN_IMPORTS = 10;

/** While one of them is running, they are requested anew after this pause. */
const RUNNING_MS = 2_000;

interface ImportPage {
  readonly items: readonly ImportBody[];
}

/**
 * The newest imports; empty until they are here. They are requested anew each time that `version` changes, and as long as one is running.
 * @param isWanted whether they are shown
 */
export function useImports(
  key: string | undefined,
  isWanted: boolean,
  version: string,
): readonly ImportBody[] {
  const [imports, setImports] = useState<readonly ImportBody[]>([]);
  const [look, setLook] = useState(0);
  useEffect(() => {
    if (!isWanted) return undefined;
    const outdated = new AbortController();
    const { signal } = outdated;
    const parameters = new URLSearchParams({ limit: String(SHOWN_IMPORTS) });
    const load = async (): Promise<void> => {
      const result = await unlessAborted(
        signal,
        fetchJson('/api/v1/imports', { key, signal, parameters }, isImportPage),
      );
      if (result?.ok === true) setImports(result.value.items);
    };
    void load();
    return () => outdated.abort();
  }, [key, isWanted, version, look]);
  const isRunning = imports.some(({ state }) => state === 'running');
  useEffect(() => {
    if (!isWanted || !isRunning) return undefined;
    const timer = setInterval(() => setLook((last) => last + 1), RUNNING_MS);
    return () => clearInterval(timer);
  }, [isWanted, isRunning]);
  return imports;
}

function isImportPage(body: unknown): body is ImportPage {
  return (
    hasFields(body, { items: 'object' }) &&
    typeof body === 'object' &&
    body !== null &&
    'items' in body &&
    Array.isArray(body.items) &&
    body.items.every(isImport)
  );
}
