import { useEffect, useState } from 'preact/hooks';
import { Dashboard } from './dashboard.tsx';
import { subjectOf } from './subject.ts';
import { beginningView } from './page-key.ts';
import { storeKey, storedKey } from './session.ts';
import { SignIn } from './sign-in.tsx';
import { useStats } from './use-stats.ts';
import { useView } from './use-view.ts';
import { useZoneFallback } from './zone-fallback.ts';

interface Session {
  /** Increases with each attempt to sign in, also with the same key. */
  readonly number: number;
  readonly key: string | undefined;
  /** Whether the server has not accepted the key yet. */
  readonly isPending: boolean;
}

/** The page: the dashboard or the sign-in form. */
export function App() {
  const [view, navigate, refusedView] = useView();
  const [session, setSession] = useState<Session>(() => ({ number: 0, key: storedKey(), isPending: false }));
  const [wantsSignIn, setWantsSignIn] = useState(false);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const { key, isPending } = session;
  const subject = subjectOf(view, key !== undefined);
  const [refusedZone, stats] = useZoneFallback(view, navigate, useStats(view, subject, key, session.number));
  const isRefused = stats.failure?.kind === 'key';

  useEffect(() => {
    const begun = beginningView(view, stats.currentKey);
    if (begun !== view) navigate(begun, 'replace');
  }, [view, stats.currentKey]);

  const begin = (next: Omit<Session, 'number'>): void =>
    setSession(({ number }) => ({ ...next, number: number + 1 }));
  const leave = (): void => {
    storeKey(undefined);
    begin({ key: undefined, isPending: false });
  };

  useEffect(() => {
    if (isRefused) {
      setWantsSignIn(true);
      setRefusal((last) => last ?? stats.failure?.message);
      if (key !== undefined) leave();
    } else if (isPending && !stats.isLoading) {
      storeKey(key);
      setSession((last) => ({ ...last, isPending: false }));
      setWantsSignIn(false);
    }
  }, [isRefused, isPending, stats.isLoading]);

  if (subject === undefined || wantsSignIn || isPending || isRefused) {
    return (
      <SignIn
        isChecking={isPending}
        refusal={refusal}
        onSignIn={(entered) => {
          setRefusal(undefined);
          begin({ key: entered, isPending: true });
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
      refusedZone={refusedZone}
      refusedView={refusedView}
      apiKey={key}
      isEntered={session.number > 0}
      onSignIn={() => setWantsSignIn(true)}
      onSignOut={leave}
    />
  );
}
