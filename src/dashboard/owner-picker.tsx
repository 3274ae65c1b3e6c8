import { useEffect, useRef, useState } from 'preact/hooks';
import type { OwnerList } from '../http/api/owners.ts';
import type { View } from './address.ts';
import type { Result } from './api.ts';
import { EVERY_OWNER } from './page-key.ts';
import { withoutNamedLinks } from './filtering.ts';
import { wholeNumber } from './format.ts';
import { Popover } from './popover.tsx';
import { useOwners } from './use-owners.ts';
import type { Navigate } from './use-view.ts';

interface OwnerPickerProps {
  readonly view: View;
  readonly navigate: Navigate;
  readonly apiKey: string | undefined;
}

/** An owner as people read it. */
export function ownerName(ownerId: string): string {
  return ownerId === EVERY_OWNER ? 'All owners' : ownerId;
}

/** Chooses whose clicks an administrator sees: one owner's, found by a part of its id, or everybody's. */
export function OwnerPicker({ view, navigate, apiKey }: OwnerPickerProps) {
  const { ownerId = EVERY_OWNER } = view;
  return (
    <Popover
      label={
        <>
          <span class="label">Owner</span>
          <bdi>{ownerName(ownerId)}</bdi>
        </>
      }
      isChosen={ownerId !== EVERY_OWNER}
    >
      {(close) => (
        <OwnerSearch
          chosen={ownerId}
          apiKey={apiKey}
          onChoose={(chosen) => {
            close();
            // Links and segments belong to one owner.
            navigate({ ...withoutNamedLinks(view), segments: [], ownerId: chosen });
          }}
        />
      )}
    </Popover>
  );
}

interface OwnerSearchProps {
  readonly chosen: string;
  readonly apiKey: string | undefined;
  readonly onChoose: (ownerId: string) => void;
}

function OwnerSearch({ chosen, apiKey, onChoose }: OwnerSearchProps) {
  const [text, setText] = useState('');
  /** Enter was pressed before the owners were there. */
  const [isWaiting, setIsWaiting] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const search = text.trim();
  const { result, isCurrent, reload } = useOwners(apiKey, search, true);
  useEffect(() => field.current?.focus(), []);

  const rows = rowsOf(result, search);
  const chooseFirst = (): void => {
    const [best] = rows;
    if (best !== undefined) onChoose(best.ownerId);
  };
  useEffect(() => {
    if (isWaiting && isCurrent && result?.ok === true) chooseFirst();
  }, [isWaiting, isCurrent, result]);

  return (
    <form
      class="panel owners"
      onSubmit={(event) => {
        event.preventDefault();
        if (isCurrent) chooseFirst();
        else setIsWaiting(true);
      }}
    >
      <label>
        Find an owner
        <input
          ref={field}
          type="search"
          autocomplete="off"
          spellcheck={false}
          maxLength={128}
          value={text}
          onInput={({ currentTarget: { value } }) => {
            setText(value);
            setIsWaiting(false);
          }}
        />
      </label>
      <ul class={isCurrent ? 'options' : 'options outdated'} aria-label="Owners" aria-busy={!isCurrent}>
        {rows.map(({ ownerId, clicks }) => (
          <li key={ownerId}>
            <button
              type="button"
              title={ownerName(ownerId)}
              aria-pressed={ownerId === chosen}
              onClick={() => onChoose(ownerId)}
            >
              <bdi>{ownerName(ownerId)}</bdi>
              {clicks !== undefined && (
                <span class="number">
                  {wholeNumber(clicks)}
                  <span class="hidden"> {clicks === 1 ? 'click' : 'clicks'}</span>
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
      <p class={result?.ok === false ? 'refusal' : 'note'} role="status">
        {isCurrent ? noteOn(result) : 'Loading …'}
      </p>
      {isCurrent && result?.ok === false && (
        <button
          type="button"
          onClick={() => {
            reload();
            // The button goes away, and would take the focus with it.
            field.current?.focus();
          }}
        >
          Try again
        </button>
      )}
    </form>
  );
}

interface OwnerRow {
  readonly ownerId: string;
  /** undefined: not counted. */
  readonly clicks: number | undefined;
}

/**
 * Best first: without a search every owner, else the one of exactly that id, then the others found. The search itself is
 * last where nobody has that id, since an owner may have no clicks yet.
 */
function rowsOf(result: Result<OwnerList> | undefined, search: string): readonly OwnerRow[] {
  const found = result?.ok === true ? result.value.items : [];
  const rows = found.map(({ owner_id: ownerId, clicks }): OwnerRow => ({ ownerId, clicks }));
  if (search === '') return [{ ownerId: EVERY_OWNER, clicks: undefined }, ...rows];
  const exact = rows.find(({ ownerId }) => ownerId === search);
  if (exact === undefined) return [...rows, { ownerId: search, clicks: undefined }];
  return [exact, ...rows.filter((row) => row !== exact)];
}

function noteOn(result: Result<OwnerList> | undefined): string {
  if (result === undefined) return '';
  if (!result.ok) return result.failure.message;
  const { items, total } = result.value;
  if (total === 0) return 'No owner with clicks or a key matches.';
  return total > items.length
    ? `The first ${wholeNumber(items.length)} of ${wholeNumber(total)} owners: search for others.`
    : '';
}
