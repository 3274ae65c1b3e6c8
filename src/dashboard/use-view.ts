import { useEffect, useState } from 'preact/hooks';
import { MAX_ADDRESS_BYTES, type View, parseAddress, writeAddress } from './address.ts';

/** Shows a view: as a new entry of the browser's history, or replacing the current one. */
export type Navigate = (view: View, entry?: 'push' | 'replace') => void;

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const readView = (): View => parseAddress(location.search, ownZone());

const addressOf = (view: View): string => `${location.pathname}?${writeAddress(view)}`;

const TOO_LONG = `The filters are longer than an address can be (${MAX_ADDRESS_BYTES / 1_024} KiB): take fewer or shorter values.`;

/** The view in the page's address, a function to show another one, and why it has not shown the last one. */
export function useView(): readonly [View, Navigate, string | undefined] {
  const [view, setView] = useState(readView);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  useEffect(() => {
    // A shared address must show the same to others, so it includes this browser's defaults.
    history.replaceState(null, '', addressOf(readView()));
    const onPopState = (): void => {
      setRefusal(undefined);
      setView(readView());
    };
    addEventListener('popstate', onPopState);
    return () => removeEventListener('popstate', onPopState);
  }, []);
  const navigate: Navigate = (next, entry = 'push') => {
    const address = addressOf(next);
    const isTooLong = address.length > MAX_ADDRESS_BYTES;
    setRefusal(isTooLong ? TOO_LONG : undefined);
    if (isTooLong) return;
    if (address === location.pathname + location.search) return;
    if (entry === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    setView(next);
  };
  return [view, navigate, refusal];
}
