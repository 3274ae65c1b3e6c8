import { useEffect, useState } from 'preact/hooks';
import { type View, parseAddress, writeAddress } from './address.ts';

/** Shows a view: as a new entry of the browser's history, or replacing the current one. */
export type Navigate = (view: View, entry?: 'push' | 'replace') => void;

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const readView = (): View => parseAddress(location.search, ownZone());

const addressOf = (view: View): string => `${location.pathname}?${writeAddress(view)}`;

/** The view in the page's address, and a function to show another one. */
export function useView(): readonly [View, Navigate] {
  const [view, setView] = useState(readView);
  useEffect(() => {
    // A shared address must show the same to others, so it includes this browser's defaults.
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
