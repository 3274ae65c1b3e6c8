import { DAY, formatDay } from '../lib/calendar.ts';

interface PeriodDefinition {
  readonly label: string;
  /** The label for screen readers. */
  readonly title: string;
  /** Its start in the API's syntax; undefined: the API's default. `day` is today in the zone, `now` is in Unix ms. */
  readonly start: ((now: number, day: number) => string) | undefined;
  /** Whether a period lies before it that it can be compared with. */
  readonly isComparable: boolean;
}

/** The periods up to now, in display order. */
export const PERIODS = {
  today: { label: 'Today', title: 'Today', start: (_, day) => formatDay(day), isComparable: true },
  '24h': {
    label: '24 h',
    title: 'Last 24 hours',
    start: (now) => new Date(now - DAY).toISOString(),
    isComparable: true,
  },
  '7d': { label: '7 d', title: 'Last 7 days', start: undefined, isComparable: true },
  '30d': { label: '30 d', title: 'Last 30 days', start: (_, day) => formatDay(day - 29), isComparable: true },
  '90d': { label: '90 d', title: 'Last 90 days', start: (_, day) => formatDay(day - 89), isComparable: true },
  '12mo': {
    label: '12 mo',
    title: 'Last 12 months',
    start: (_, day) => formatDay(yearBefore(day) + 1),
    isComparable: true,
  },
  all: { label: 'All', title: 'All time', start: () => EARLIEST, isComparable: false },
} as const satisfies Readonly<Record<string, PeriodDefinition>>;

export type PeriodName = keyof typeof PERIODS;

export const PERIOD_NAMES: readonly PeriodName[] = [
  'today', '24h', '7d', '30d', '90d', '12mo', 'all',
]; // prettier-ignore

/** Says why the text is no period. */
export function faultOfPeriod(text: string): string {
  return `period cannot be "${text}". It can be: ${PERIOD_NAMES.join(', ')}.`;
}

export const DEFAULT_PERIOD: PeriodName = '7d';

/** The API accepts no older clicks. */
export const EARLIEST = '2000-01-01';

/** The start of a period in the API's syntax; undefined: the API's default. */
export function startOf(name: PeriodName, zone: string, now: number): string | undefined {
  const { start }: PeriodDefinition = PERIODS[name];
  return start?.(now, dayIn(zone, now));
}

/** Today's date in a zone, as days since 1970-01-01; in UTC if the zone is unknown. */
function dayIn(zone: string, now: number): number {
  try {
    const shown = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    }).format(now);
    const [month = 1, day = 1, year = 1970] = shown.split('/').map(Number);
    return Date.UTC(year, month - 1, day) / DAY;
  } catch {
    // The API refuses the zone with a better message.
    return Math.floor(now / DAY);
  }
}

function yearBefore(day: number): number {
  const date = new Date(day * DAY);
  return Date.UTC(date.getUTCFullYear() - 1, date.getUTCMonth(), date.getUTCDate()) / DAY;
}
