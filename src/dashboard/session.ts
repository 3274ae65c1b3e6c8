const STORED = 'spoor-key';

/** The key of this tab. It is stored for the tab only and disappears with it. */
export function storedKey(): string | undefined {
  try {
    return sessionStorage.getItem(STORED) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a key for this tab; undefined removes it. */
export function storeKey(key: string | undefined): void {
  try {
    if (key === undefined) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, key);
  } catch {
    // Without storage a reload asks for the key again.
  }
}
