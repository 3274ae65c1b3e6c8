import { useEffect, useState } from 'preact/hooks';
import { type View, parseAddress, writeAddress } from './address.ts';

/** Goes to a view: to a new entry of the browser's history, or in place of the one that is shown. */
export type Navigate = (view: View, entry?: 'push' | 'replace') => void;

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const readView = (): View => parseAddress(location.search, ownZone());

const addressOf = (view: View): string => `${location.pathname}?${writeAddress(view)}`;

/** The view in the page's address, and a way to another one that the back button leads back from. */
export function useView(): readonly [View, Navigate] {
  const [view, setView] = useState(readView);
  useEffect(() => {
    // An address that is passed on shows the same to others, so it names what this browser has filled in.
    history.replaceState(null, '', addressOf(readView()));
    const onPopState = (): void => setView(readView());
    addEventListener('popstate', onPopState);
    return () => removeEventListener('popstate', onPopState);
  }, []);
  const navigate: Navigate = (next, entry = 'push') => {
    const address = addressOf(next);
    if (address === location.pathname + location.search) return;
    if (entry === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    setView(next);
  };
  return [view, navigate];
}
