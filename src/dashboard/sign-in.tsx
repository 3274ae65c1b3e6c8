import { useEffect, useRef } from 'preact/hooks';
import { Brand } from './header.tsx';

interface SignInProps {
  readonly isChecking: boolean;
  /** Why the last request was refused. */
  readonly refusal: string | undefined;
  readonly onSignIn: (key: string) => void;
  /** Returns to the previous view, if that needs no key. */
  readonly onCancel: (() => void) | undefined;
}

/** The sign-in form: an API key, or the short code of a link with public statistics. */
export function SignIn({ isChecking, refusal, onSignIn, onCancel }: SignInProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [refusal]);
  useEffect(() => {
    document.title = 'Sign in – Spoor';
  }, []);
  return (
    <>
      <header>
        <div class="bar">
          <Brand />
        </div>
      </header>
      <main class="sign-in">
        <h1>Sign in</h1>
        <form
          class="panel"
          aria-busy={isChecking}
          onSubmit={(event) => {
            event.preventDefault();
            const entered = field.current?.value.trim() ?? '';
            if (entered !== '' && !isChecking) onSignIn(entered);
          }}
        >
          <label for="key">API key</label>
          <input
            id="key"
            ref={field}
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            placeholder="spoo_…"
            aria-describedby="key-note refusal"
            aria-invalid={refusal !== undefined}
          />
          <p id="refusal" class="refusal" role="alert">
            {refusal}
          </p>
          <div class="actions">
            <button type="submit" class="primary" aria-disabled={isChecking}>
              {isChecking ? 'Signing in …' : 'Sign in'}
            </button>
            {onCancel !== undefined && (
              <button type="button" onClick={onCancel}>
                Cancel
              </button>
            )}
          </div>
          <p id="key-note" class="note">
            The key stays in this tab and is sent only to this server.
          </p>
        </form>
        <PublicLink />
      </main>
    </>
  );
}

/** Opens the statistics of a public link. */
function PublicLink() {
  const code = useRef<HTMLInputElement>(null);
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        const entered = code.current?.value.trim() ?? '';
        if (entered !== '')
          location.assign(`${location.pathname}?${new URLSearchParams({ short_code: entered })}`);
      }}
    >
      <label for="code">Or open a public link by its short code</label>
      <div class="joined">
        <input id="code" ref={code} autocomplete="off" spellcheck={false} autocapitalize="off" required />
        <button type="submit">Open</button>
      </div>
    </form>
  );
}
