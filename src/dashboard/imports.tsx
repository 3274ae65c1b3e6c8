import { useEffect, useRef, useState } from 'preact/hooks';
import type { ImportBody } from '../http/api/import-schemas.ts';
import type { View } from './address.ts';
import { fetchJson, unlessAborted } from './api.ts';
import { type CurrentKey, EVERY_OWNER, isAdmin } from './current-key.ts';
import { wholeNumber } from './format.ts';
import { hasFields } from './result-types.ts';
import { uploadFile } from './upload.ts';
import { useImports } from './use-imports.ts';

interface ImportsProps {
  readonly view: View;
  readonly currentKey: CurrentKey;
  readonly apiKey: string | undefined;
  /** Called when clicks were added or removed. */
  readonly onChange: () => void;
}

type Progress =
  | { readonly kind: 'running'; readonly file: string; readonly share: number }
  | { readonly kind: 'ended'; readonly message: string; readonly isFailure: boolean };

/** A field for a file to import, which may also be dropped anywhere on the page, and the newest imports. */
export function Imports({ view, currentKey, apiKey, onChange }: ImportsProps) {
  const [isOpen, setIsOpen] = useState(false);
  const [progress, setProgress] = useState<Progress | undefined>(undefined);
  const [version, setVersion] = useState(0);
  const [owner, setOwner] = useState(currentKey.owner_id);
  const running = useRef<AbortController | undefined>(undefined);
  const imports = useImports(apiKey, isOpen, version);
  const mustNameOwner = isAdmin(currentKey) && view.ownerId === EVERY_OWNER;
  useEffect(() => () => running.current?.abort(), []);

  const change = (message: string, isFailure: boolean): void => {
    setProgress({ kind: 'ended', message, isFailure });
    setVersion((last) => last + 1);
    onChange();
  };
  const start = async (file: File): Promise<void> => {
    if (progress?.kind === 'running') return;
    const stop = (running.current = new AbortController());
    const onProgress = (share: number): void => setProgress({ kind: 'running', file: file.name, share });
    onProgress(0);
    const ownerId = mustNameOwner ? owner.trim() : view.ownerId;
    const parameters = new URLSearchParams({ file: shownName(file.name) });
    if (ownerId !== undefined) parameters.set('owner', ownerId);
    try {
      const result = await uploadFile(file, parameters, apiKey, stop.signal, onProgress);
      if (!result.ok) change(`${file.name}: ${result.failure.message}`, true);
      else change(reportOf(file.name, result.value), result.value.error !== null);
    } catch {
      change('Import cancelled. What was imported until then stays.', false);
    }
  };
  useDroppedFile((file) => {
    setIsOpen(true);
    void start(file);
  });

  return (
    <details class="panel imports" open={isOpen} onToggle={({ currentTarget: { open } }) => setIsOpen(open)}>
      <summary>Import a file</summary>
      <p class="note">
        Clicks as CSV, NDJSON or JSON, or the log of a web server, plain or packed. Drop it on the page, or
        choose it: what is stored already is not added again.
      </p>
      <div class="actions">
        {mustNameOwner && (
          <label>
            Owner of new links
            <input
              value={owner}
              required
              maxLength={128}
              autocomplete="off"
              spellcheck={false}
              onInput={({ currentTarget: { value } }) => setOwner(value)}
            />
          </label>
        )}
        <label>
          File
          <input
            type="file"
            disabled={progress?.kind === 'running'}
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file !== undefined) void start(file);
              currentTarget.value = '';
            }}
          />
        </label>
      </div>
      {progress?.kind === 'running' && (
        <div class="transfer">
          <progress aria-label={`Import of ${progress.file}`} value={progress.share} />
          <span>{progress.file}</span>
          <button type="button" onClick={() => running.current?.abort()}>
            Cancel
          </button>
        </div>
      )}
      <p class={progress?.kind === 'ended' && progress.isFailure ? 'refusal' : 'note'} role="status">
        {progress?.kind === 'ended' && progress.message}
      </p>
      {imports.length > 0 && (
        <ul aria-label="Imports">
          {imports.map((one) => (
            <ImportRow
              key={one.id}
              entry={one}
              apiKey={apiKey}
              onUndone={(clicks) => change(`Removed ${wholeNumber(clicks)} clicks.`, false)}
              onFailure={(message) => change(message, true)}
            />
          ))}
        </ul>
      )}
    </details>
  );
}

interface ImportRowProps {
  readonly entry: ImportBody;
  readonly apiKey: string | undefined;
  /** @param clicks how many were removed */
  readonly onUndone: (clicks: number) => void;
  readonly onFailure: (message: string) => void;
}

/** An import, and the button that undoes it when it is pressed a second time. */
function ImportRow({ entry, apiKey, onUndone, onFailure }: ImportRowProps) {
  const [step, setStep] = useState<'listed' | 'asked' | 'undoing'>('listed');
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);
  const { id, file, state, owner_id: owner, started_at: start, accepted } = entry;
  const undo = async (): Promise<void> => {
    setStep('undoing');
    const { signal } = left.current;
    const result = await unlessAborted(
      signal,
      fetchJson(`/api/v1/imports/${id}`, { key: apiKey, signal, method: 'DELETE' }, isUndone),
    );
    if (result?.ok === true) onUndone(result.value.removed_clicks);
    else if (result !== undefined) onFailure(result.failure.message);
    setStep('listed');
  };
  return (
    <li>
      <span>
        <bdi>{file ?? 'unnamed'}</bdi>, {start.slice(0, 16).replace('T', ' ')} UTC, owner <bdi>{owner}</bdi>:{' '}
        {wholeNumber(accepted)} added, {state}
      </span>{' '}
      {(state === 'done' || state === 'failed') && accepted > 0 && (
        <button
          type="button"
          aria-disabled={step === 'undoing'}
          onClick={() => {
            if (step === 'listed') setStep('asked');
            else if (step === 'asked') void undo();
          }}
        >
          {step === 'listed'
            ? 'Undo'
            : step === 'asked'
              ? `Remove its ${wholeNumber(accepted)} clicks`
              : 'Undoing …'}
        </button>
      )}
    </li>
  );
}

/** A file's name as the server takes it. */
function shownName(name: string): string {
  return Array.from(name.replace(/\p{Cc}/gu, '\uFFFD'))
    .slice(0, 128)
    .join('');
}

function isUndone(body: unknown): body is { readonly removed_clicks: number } {
  return hasFields(body, { removed_clicks: 'number' });
}

function reportOf(name: string, { error, accepted, known, rejected }: ImportBody): string {
  if (error !== null) return `${name}: ${error}`;
  const wrong = Object.values(rejected).reduce((sum, { count }) => sum + count, 0);
  const parts = [
    `${wholeNumber(accepted)} clicks added`,
    ...(known > 0 ? [`${wholeNumber(known)} there already`] : []),
    ...(wrong > 0 ? [`${wholeNumber(wrong)} lines rejected`] : []),
  ];
  return `${name}: ${parts.join(', ')}.`;
}

/** Calls back with a file that is dropped anywhere on the page, in place of the browser's opening it. */
function useDroppedFile(onFile: (file: File) => void): void {
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    const onDragOver = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') === true) event.preventDefault();
    };
    const onDrop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      latest.current(file);
    };
    addEventListener('dragover', onDragOver);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('drop', onDrop);
    };
  }, []);
}
