import { useEffect, useState } from 'preact/hooks';
import { Dashboard } from './dashboard.tsx';
import { subjectOf } from './api-query.ts';
import { storeKey, storedKey } from './session.ts';
import { SignIn } from './sign-in.tsx';
import { useStats } from './use-stats.ts';
import { useView } from './use-view.ts';

interface Session {
  /** Tells this try to sign in from the one before, also with the same key. */
  readonly number: number;
  readonly key: string | undefined;
  /** Whether the server has yet to take the key. */
  readonly isTry: boolean;
}

/** The page: the dashboard, or the way in. */
export function App() {
  const [view, navigate] = useView();
  const [session, setSession] = useState<Session>(() => ({ number: 0, key: storedKey(), isTry: false }));
  const [wantsSignIn, setWantsSignIn] = useState(false);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const { key, isTry } = session;
  const subject = subjectOf(view, key !== undefined);
  const stats = useStats(view, subject, key, session.number);
  const isRefused = stats.failure?.kind === 'key';

  const begin = (next: Omit<Session, 'number'>): void =>
    setSession(({ number }) => ({ ...next, number: number + 1 }));
  const leave = (): void => {
    storeKey(undefined);
    begin({ key: undefined, isTry: false });
  };

  useEffect(() => {
    if (isRefused) {
      setWantsSignIn(true);
      setRefusal((last) => last ?? stats.failure?.sentence);
      if (key !== undefined) leave();
    } else if (isTry && !stats.isLoading) {
      storeKey(key);
      setSession((last) => ({ ...last, isTry: false }));
      setWantsSignIn(false);
    }
  }, [isRefused, isTry, stats.isLoading]);

  if (subject === undefined || wantsSignIn || isTry || isRefused) {
    return (
      <SignIn
        isChecking={isTry}
        refusal={refusal}
        onSignIn={(entered) => {
          setRefusal(undefined);
          begin({ key: entered, isTry: true });
        }}
        onCancel={subject !== undefined && refusal === undefined ? () => setWantsSignIn(false) : undefined}
      />
    );
  }
  return (
    <Dashboard
      view={view}
      navigate={navigate}
      subject={subject}
      stats={stats}
      apiKey={key}
      isEntered={session.number > 0}
      onSignIn={() => setWantsSignIn(true)}
      onSignOut={leave}
    />
  );
}
