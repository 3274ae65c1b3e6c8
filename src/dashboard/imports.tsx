import { useEffect, useRef, useState } from 'preact/hooks';
import type { ImportBody } from '../http/api/import-schemas.ts';
import type { View } from './address.ts';
import { isAdmin } from '../keys/scopes.ts';
import { type CurrentKey, EVERY_OWNER } from './page-key.ts';
import { counted } from './format.ts';
import { ImportRow } from './import-row.tsx';
import { type Outcome, Outcomes, Transfer } from './transfer.tsx';
import { uploadFile } from './upload-file.ts';
import { useDroppedFiles } from './use-dropped-files.ts';
import { useImports } from './use-imports.ts';

interface ImportsProps {
  readonly view: View;
  readonly currentKey: CurrentKey;
  readonly apiKey: string | undefined;
  /** When the statistics on the page were made: the list of imports is requested anew with them. */
  readonly shownAt: string | undefined;
  /** Called when clicks were added or removed. */
  readonly onChange: () => void;
}

/** A file that waits for its upload. */
interface Waiting {
  readonly file: File;
  /** Whose links its new ones will be; undefined: the key's owner's. */
  readonly ownerId: string | undefined;
}

interface Running {
  readonly file: string;
  readonly share: number;
}

/** A field for files to import, which may also be dropped anywhere on the page, and the newest imports. */
export function Imports({ view, currentKey, apiKey, shownAt, onChange }: ImportsProps) {
  const [isOpen, setIsOpen] = useState(false);
  const [progress, setProgress] = useState<Running | undefined>(undefined);
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const [version, setVersion] = useState(0);
  const [owner, setOwner] = useState(currentKey.owner_id);
  const ownerField = useRef<HTMLInputElement>(null);
  const fileField = useRef<HTMLInputElement>(null);
  const waiting = useRef<readonly Waiting[]>([]);
  const running = useRef<AbortController | undefined>(undefined);
  const imports = useImports(apiKey, isOpen, `${version} ${shownAt ?? ''}`);
  const mustNameOwner = isAdmin(currentKey) && view.ownerId === EVERY_OWNER;
  const stop = (): void => {
    waiting.current = [];
    running.current?.abort();
  };
  useEffect(() => stop, []);

  const tell = (...told: readonly Outcome[]): void => {
    setOutcomes((last) => [...last, ...told]);
    setVersion((last) => last + 1);
  };
  const upload = async ({ file, ownerId }: Waiting, { signal }: AbortController): Promise<Outcome> => {
    const onProgress = (share: number): void => setProgress({ file: file.name, share });
    onProgress(0);
    const parameters = new URLSearchParams({ file: shownName(file.name) });
    if (ownerId !== undefined) parameters.set('owner', ownerId);
    try {
      const result = await uploadFile(file, parameters, apiKey, signal, onProgress);
      if (!result.ok) return { message: `${file.name}: ${result.failure.message}`, isFailure: true };
      return { message: reportOf(file.name, result.value), isFailure: result.value.error !== null };
    } catch {
      return {
        message: `${file.name}: cancelled. What was imported until then stays.`,
        isFailure: false,
      };
    }
  };
  /** Imports what waits, one file after the other. */
  const run = async (): Promise<void> => {
    setOutcomes([]);
    for (let [next] = waiting.current; next !== undefined; [next] = waiting.current) {
      waiting.current = waiting.current.slice(1);
      running.current = new AbortController();
      tell(await upload(next, running.current));
    }
    running.current = undefined;
    setProgress(undefined);
    onChange();
  };
  const add = (files: readonly File[]): void => {
    setIsOpen(true);
    if (mustNameOwner && owner.trim() === '') {
      setOutcomes([{ message: 'Name the owner of new links first.', isFailure: true }]);
      ownerField.current?.focus();
      return;
    }
    const ownerId = mustNameOwner ? owner.trim() : view.ownerId;
    waiting.current = [...waiting.current, ...files.map((file) => ({ file, ownerId }))];
    if (running.current === undefined) void run();
    else setProgress((last) => last && { ...last });
  };
  const cancel = (): void => {
    const left = waiting.current.map(({ file }) => ({
      message: `${file.name}: not imported.`,
      isFailure: false,
    }));
    stop();
    tell(...left);
  };
  useDroppedFiles(add);

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
              ref={ownerField}
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
            ref={fileField}
            type="file"
            multiple
            onChange={({ currentTarget }) => {
              add([...(currentTarget.files ?? [])]);
              currentTarget.value = '';
            }}
          />
        </label>
      </div>
      {progress !== undefined && (
        <Transfer
          label={`Import of ${progress.file}`}
          share={progress.share}
          onCancel={cancel}
          onFocusLost={() => fileField.current?.focus()}
        >
          {progress.file}
          {waiting.current.length > 0 && `, then ${counted(waiting.current.length, 'more file')}`}
        </Transfer>
      )}
      <Outcomes outcomes={outcomes} />
      {imports.length > 0 && (
        <ul aria-label="Imports">
          {imports.map((one) => (
            <ImportRow
              key={one.id}
              entry={one}
              apiKey={apiKey}
              onEnd={(outcome) => {
                setOutcomes([]);
                tell(outcome);
                onChange();
              }}
            />
          ))}
        </ul>
      )}
    </details>
  );
}

/** A file's name as the server takes it. */
function shownName(name: string): string {
  return Array.from(name.replace(/\p{Cc}/gu, '\uFFFD'))
    .slice(0, 128)
    .join('');
}

function reportOf(name: string, { error, accepted, known, rejected }: ImportBody): string {
  if (error !== null) return `${name}: ${error}`;
  const wrong = Object.values(rejected).reduce((sum, { count }) => sum + count, 0);
  const parts = [
    `${counted(accepted, 'click')} added`,
    ...(known > 0 ? [`${counted(known, 'click')} there already`] : []),
    ...(wrong > 0 ? [`${counted(wrong, 'line')} rejected`] : []),
  ];
  return `${name}: ${parts.join(', ')}.`;
}
