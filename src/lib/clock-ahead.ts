import { MINUTE } from './calendar.ts';

/** How far a sender's clock may be ahead of this server's: a click with such a time happened just now. */
export const MAX_CLOCK_AHEAD_MS = 5 * MINUTE;
