import { useEffect, useState } from 'preact/hooks';
import { chooseTheme, currentTheme, onThemeChange } from './theme.ts';

interface HeaderProps {
  readonly isSignedIn: boolean;
  readonly isLoading: boolean;
  readonly onReload: () => void;
  readonly onSignIn: () => void;
  readonly onSignOut: () => void;
}

export function Header({ isSignedIn, isLoading, onReload, onSignIn, onSignOut }: HeaderProps) {
  return (
    <header>
      <div class={isLoading ? 'progress running' : 'progress'} aria-hidden="true" />
      <div class="bar">
        <Brand />
        <nav aria-label="Page">
          <button type="button" onClick={onReload} aria-disabled={isLoading}>
            Refresh
          </button>
          <ThemeToggle />
          {isSignedIn ? (
            <button type="button" onClick={onSignOut}>
              Sign out
            </button>
          ) : (
            <button type="button" onClick={onSignIn}>
              Sign in
            </button>
          )}
        </nav>
      </div>
    </header>
  );
}

/** index.html contains the same, until the script runs. */
export function Brand() {
  return (
    <a class="brand" href="/">
      <span class="mark" aria-hidden="true" />
      Spoor
    </a>
  );
}

function ThemeToggle() {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => onThemeChange(() => setTheme(currentTheme())), []);
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button type="button" onClick={() => chooseTheme(other)} title={`Switch to ${other} colours`}>
      {other === 'dark' ? 'Dark' : 'Light'}
      <span class="hidden"> colours</span>
    </button>
  );
}
