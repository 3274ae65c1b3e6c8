import { useEffect, useRef } from 'preact/hooks';
import { Brand } from './header.tsx';

interface SignInProps {
  readonly isChecking: boolean;
  /** Why the last key, or none, was not enough. */
  readonly refusal: string | undefined;
  readonly onSignIn: (key: string) => void;
  /** Back to where one came from, when that takes no key. */
  readonly onCancel: (() => void) | undefined;
}

/** The way in: a key, or a link whose statistics are public. */
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
            The key stays in this tab and is sent to this server alone.
          </p>
        </form>
        <PublicLink />
      </main>
    </>
  );
}

/** Opens a link's statistics by its short code. */
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
      <label for="code">Or a public link, by its short code</label>
      <div class="joined">
        <input id="code" ref={code} autocomplete="off" spellcheck={false} autocapitalize="off" required />
        <button type="submit">Open</button>
      </div>
    </form>
  );
}
