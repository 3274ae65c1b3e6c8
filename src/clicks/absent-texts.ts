/** What is stored, and shown, of a click that does not carry a text. */
export const NONE = '(none)';

/** What is stored, and shown, where user agent or address do not tell a text. */
export const UNKNOWN = 'Unknown';
