import { useEffect, useState } from 'preact/hooks';
import { type View, parseAddress, writeAddress } from './address.ts';

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const readView = (): View => parseAddress(location.search, ownZone());

const addressOf = (view: View): string => `${location.pathname}?${writeAddress(view)}`;

/** The view in the page's address, and a way to another one that the back button leads back from. */
export function useView(): readonly [View, (view: View) => void] {
  const [view, setView] = useState(readView);
  useEffect(() => {
    // An address that is passed on shows the same to others, so it names what this browser has filled in.
    history.replaceState(null, '', addressOf(readView()));
    const onPopState = (): void => setView(readView());
    addEventListener('popstate', onPopState);
    return () => removeEventListener('popstate', onPopState);
  }, []);
  const navigate = (next: View): void => {
    const address = addressOf(next);
    if (address === location.pathname + location.search) return;
    history.pushState(null, '', address);
    setView(next);
  };
  return [view, navigate];
}
