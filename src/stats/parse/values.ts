/* The values of parameters that are one of a few. Nothing is imported, since the dashboard takes them into its page. */

export const SCOPES_OF_STATS = ['all', 'anon'] as const;
export const BOT_CHOICES = ['include', 'exclude', 'only'] as const;
export const COMPARE_CHOICES = ['previous', 'year'] as const;
export const MATCH_CHOICES = ['weekday'] as const;

export const DEFAULT_LIMIT = 1_000;
export const MAX_LIMIT = 10_000;
/** The most time buckets that a stats result may hold; an export may hold any number. */
export const MAX_BUCKETS = 10_000;
/** Groups that can be skipped: more than any list has. */
export const MAX_OFFSET = 1_000_000_000;
