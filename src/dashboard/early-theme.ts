// Runs before the first paint, so that a theme chosen earlier does not flash in.
import { applyStoredTheme } from './theme.ts';

applyStoredTheme();
