import { useEffect, useRef, useState } from 'preact/hooks';
import type { ImportBody } from '../http/api/import-schemas.ts';
import { fetchJson, unlessAborted } from './api.ts';
import { counted, wholeNumber } from './format.ts';
import { hasFields } from './result-types.ts';
import type { Outcome } from './transfer.tsx';

interface ImportRowProps {
  readonly entry: ImportBody;
  readonly apiKey: string | undefined;
  /** Called when it was undone, or could not be. */
  readonly onEnd: (outcome: Outcome) => void;
}

const FIRST_BUTTON = { listed: 'Undo', asked: 'Cancel', undoing: 'Undoing …' } as const;

/** An import, and a button that undoes it once another one confirms that. */
export function ImportRow({ entry, apiKey, onEnd }: ImportRowProps) {
  const [step, setStep] = useState<keyof typeof FIRST_BUTTON>('listed');
  const row = useRef<HTMLLIElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);
  const { id, file, state, owner_id: owner, started_at: start, accepted } = entry;
  const leave = (): void => {
    setStep('listed');
    first.current?.focus();
  };
  const undo = async (): Promise<void> => {
    setStep('undoing');
    // The confirmation goes away, and would take the focus with it.
    first.current?.focus();
    const { signal } = left.current;
    const result = await unlessAborted(
      signal,
      fetchJson(`/api/v1/imports/${id}`, { key: apiKey, signal, method: 'DELETE' }, isUndone),
    );
    setStep('listed');
    if (result === undefined) return;
    if (result.ok) row.current?.focus();
    onEnd(
      result.ok
        ? { message: `Removed ${counted(result.value.removed_clicks, 'click')}.`, isFailure: false }
        : { message: result.failure.message, isFailure: true },
    );
  };
  return (
    <li
      ref={row}
      tabIndex={-1}
      onKeyDown={({ key }) => {
        if (key === 'Escape' && step === 'asked') leave();
      }}
    >
      <span>
        <bdi>{file ?? 'unnamed'}</bdi>, {start.slice(0, 16).replace('T', ' ')} UTC, owner <bdi>{owner}</bdi>:{' '}
        {wholeNumber(accepted)} added, {state}
      </span>{' '}
      {(state === 'done' || state === 'failed') && accepted > 0 && (
        <>
          <button
            ref={first}
            type="button"
            aria-disabled={step === 'undoing'}
            onClick={({ detail }) => {
              // The second press of a double-click means what the first one did.
              if (detail > 1 || step === 'undoing') return;
              setStep(step === 'listed' ? 'asked' : 'listed');
            }}
          >
            {FIRST_BUTTON[step]}
          </button>
          {step === 'asked' && (
            <button type="button" onClick={({ detail }) => void (detail > 1 || undo())}>
              Remove its {counted(accepted, 'click')}
            </button>
          )}
        </>
      )}
    </li>
  );
}

function isUndone(body: unknown): body is { readonly removed_clicks: number } {
  return hasFields(body, { removed_clicks: 'number' });
}
