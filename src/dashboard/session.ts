const STORED = 'spoor-key';

/** The key that this tab was signed in with. It is kept for the tab alone and ends with it. */
export function storedKey(): string | undefined {
  try {
    return sessionStorage.getItem(STORED) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a key for this tab; undefined forgets it. */
export function storeKey(key: string | undefined): void {
  try {
    if (key === undefined) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, key);
  } catch {
    // Without storage a reload asks for the key again.
  }
}
