export type Theme = 'light' | 'dark';

const STORED = 'spoor-theme';
const CHANGED = 'spoor-theme-changed';
const systemIsDark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

/** The current theme: the chosen one, else the system's. */
export function currentTheme(): Theme {
  return chosenTheme() ?? systemTheme();
}

/** Chooses a theme. Choosing the system's theme makes the page follow the system again. */
export function chooseTheme(theme: Theme): void {
  try {
    if (theme === systemTheme()) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  document.documentElement.dataset['theme'] = theme;
  dispatchEvent(new Event(CHANGED));
}

/** Applies the theme chosen in an earlier visit. */
export function applyStoredTheme(): void {
  const stored = storedTheme();
  if (stored !== undefined) document.documentElement.dataset['theme'] = stored;
}

/** Calls `callback` after each change of theme. @returns a function that stops it */
export function onThemeChange(callback: () => void): () => void {
  const system = systemIsDark();
  system.addEventListener('change', callback);
  addEventListener(CHANGED, callback);
  return () => {
    system.removeEventListener('change', callback);
    removeEventListener(CHANGED, callback);
  };
}

function systemTheme(): Theme {
  return systemIsDark().matches ? 'dark' : 'light';
}

function chosenTheme(): Theme | undefined {
  return asTheme(document.documentElement.dataset['theme']);
}

function storedTheme(): Theme | undefined {
  try {
    return asTheme(localStorage.getItem(STORED));
  } catch {
    return undefined;
  }
}

function asTheme(text: string | null | undefined): Theme | undefined {
  return text === 'light' || text === 'dark' ? text : undefined;
}
