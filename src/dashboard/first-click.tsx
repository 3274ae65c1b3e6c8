import { useEffect, useRef, useState } from 'preact/hooks';
import type { View } from './address.ts';
import { fetchJson, unlessAborted } from './api.ts';
import type { Subject } from './subject.ts';
import { isAdmin } from '../keys/scopes.ts';
import { type CurrentKey, EVERY_OWNER, maySendClicks } from './page-key.ts';
import { hasFields } from './result-types.ts';
import { useFirstClick } from './use-first-click.ts';

interface FirstClickProps {
  readonly view: View;
  readonly subject: Subject;
  readonly apiKey: string | undefined;
  readonly currentKey: CurrentKey;
  /** Called when the first click is there. */
  readonly onFirst: () => void;
}

/** Shown where there are no clicks at all: how to send the first one. It goes away by itself once that is there. */
export function FirstClick({ view, subject, apiKey, currentKey, onFirst }: FirstClickProps) {
  useFirstClick(view, subject, apiKey, onFirst);
  const [key, setKey] = useState<string | undefined>(undefined);
  const [shortCode] = useState(newShortCode);
  const owner = view.ownerId ?? currentKey.owner_id;
  return (
    <section class="panel first-click" aria-labelledby="first-click">
      <h2 id="first-click">No clicks yet</h2>
      {isAdmin(currentKey) ? (
        <KeyMaker
          owner={owner === EVERY_OWNER ? undefined : owner}
          proposedOwner={currentKey.owner_id}
          apiKey={apiKey}
          onMade={setKey}
        />
      ) : (
        <p>{whoSends(currentKey)}</p>
      )}
      <p>Send a click from a terminal:</p>
      <Command text={clickCommand(location.origin, key ?? 'spoo_…', shortCode)} />
      <p class="note" role="status">
        This page waits for the click and shows it by itself.
      </p>
      <p class="note">
        For clicks in a file or in the log of a web server there{' '}
        {maySendClicks(currentKey) ? 'are “Import a file” below and' : 'is'} the command{' '}
        <code>spoor import</code>. The <a href="/docs#sendClicks">API reference</a> has every field of a
        click.
      </p>
    </section>
  );
}

/** Which key goes into the command, for somebody who cannot make one here. */
function whoSends(currentKey: CurrentKey): string {
  if (maySendClicks(currentKey)) return 'Your key may send clicks: put it into the command.';
  return `Your key may not send clicks. An administrator can make you one that may: for the owner “${currentKey.owner_id}”, with the scope clicks:write.`;
}

interface KeyMakerProps {
  /** undefined: it is to be entered. */
  readonly owner: string | undefined;
  readonly proposedOwner: string;
  readonly apiKey: string | undefined;
  readonly onMade: (key: string) => void;
}

/** Makes a key that may do nothing but send clicks, once. */
function KeyMaker({ owner, proposedOwner, apiKey, onMade }: KeyMakerProps) {
  const [entered, setEntered] = useState(proposedOwner);
  const [madeFor, setMadeFor] = useState<string | undefined>(undefined);
  const [isMaking, setIsMaking] = useState(false);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);
  const made = useRef<HTMLParagraphElement>(null);
  // The button that had the focus is gone.
  useEffect(() => made.current?.focus(), [madeFor]);

  const make = async (ownerId: string): Promise<void> => {
    setIsMaking(true);
    setRefusal(undefined);
    const { signal } = left.current;
    const json = { owner_id: ownerId, name: 'first click', scopes: ['clicks:write'] };
    const result = await unlessAborted(
      signal,
      fetchJson('/api/v1/keys', { key: apiKey, signal, json }, isNewKey),
    );
    setIsMaking(false);
    if (result?.ok === true) {
      setMadeFor(ownerId);
      onMade(result.value.key);
    } else setRefusal(result?.failure.message);
  };
  if (madeFor !== undefined) {
    return (
      <p role="status" tabIndex={-1} ref={made}>
        The command has a key of “<bdi>{madeFor}</bdi>” that may only send clicks. It is shown this once.
      </p>
    );
  }
  return (
    <form
      class="actions"
      aria-busy={isMaking}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isMaking) void make(owner ?? entered.trim());
      }}
    >
      {owner === undefined && (
        <label>
          Owner
          <input
            value={entered}
            required
            maxLength={128}
            autocomplete="off"
            spellcheck={false}
            autocapitalize="off"
            onInput={({ currentTarget: { value } }) => setEntered(value)}
          />
        </label>
      )}
      <button type="submit" class="primary" aria-disabled={isMaking}>
        {isMaking ? 'Making a key …' : 'Make a key that sends clicks'}
      </button>
      <p class="refusal" role="alert">
        {refusal}
      </p>
    </form>
  );
}

/** A command to copy. */
function Command({ text }: { readonly text: string }) {
  const [note, setNote] = useState('');
  const code = useRef<HTMLElement>(null);
  useEffect(() => setNote(''), [text]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setNote('Copied.');
    } catch {
      // Browsers have no clipboard for pages of plain HTTP.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
      setNote('Selected: copy it with the keyboard.');
    }
  };
  return (
    <div class="command">
      <pre>
        <code ref={code}>{text}</code>
      </pre>
      <div class="actions">
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <span class="note" role="status">
          {note}
        </span>
      </div>
    </div>
  );
}

/** A command for a shell that sends a click of a short code. */
function clickCommand(server: string, key: string, shortCode: string): string {
  const body = JSON.stringify({ short_code: shortCode });
  return `curl -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}' '${server}/api/v1/clicks'`;
}

/** A code that nobody has: another owner's would be refused. */
function newShortCode(): string {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `hello-${number.toString(36)}`;
}

function isNewKey(body: unknown): body is { readonly key: string } {
  return hasFields(body, { key: 'string' });
}
