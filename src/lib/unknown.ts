/** What is stored, and shown, where user agent or address do not tell a text. */
export const UNKNOWN = 'Unknown';
