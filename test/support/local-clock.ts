const formatters = new Map<string, Intl.DateTimeFormat>();

/** What the clock of a zone shows at an instant, straight from Intl: fields read as if they were UTC, ms. */
export function shownAt(zone: string, instant: number): number {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    // In Sweden a date is written as in ISO 8601: `2026-01-31 10:00:00`.
    formatter = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    formatters.set(zone, formatter);
  }
  const seconds = Date.parse(`${formatter.format(instant).replace(' ', 'T')}Z`);
  return seconds + (((instant % 1000) + 1000) % 1000);
}

/** Zones with a clock change each that something is odd about, and the UTC day of that change. */
export const CHANGE_DAYS = [
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-04'],
  ['Australia/Lord_Howe', '2026-10-03'],
  ['Pacific/Apia', '2011-12-30'],
  ['America/Sao_Paulo', '2018-02-18'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['Africa/Casablanca', '2026-02-15'],
  ['Africa/Casablanca', '2026-03-22'],
  ['Asia/Beirut', '2026-03-28'],
  ['Asia/Beirut', '2026-10-24'],
  ['America/Havana', '2026-03-08'],
  ['America/Havana', '2026-11-01'],
  ['Asia/Kathmandu', '2026-03-08'],
  ['Asia/Kolkata', '2026-03-08'],
  ['Asia/Pyongyang', '2018-05-04'],
  ['Antarctica/Casey', '2020-10-03'],
  ['Antarctica/Casey', '2010-03-04'],
  ['America/St_Johns', '2009-11-01'],
  ['America/Goose_Bay', '2010-11-07'],
  ['Pacific/Kiritimati', '2026-01-01'],
  ['UTC', '2026-01-01'],
] as const;

export const ZONES: readonly string[] = [...new Set(CHANGE_DAYS.map(([zone]) => zone))];
