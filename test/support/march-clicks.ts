import { shownAt } from './local-clock.ts';

/** A click of which everything that the page shows is known. */
export interface MarchClick {
  readonly at: number;
  readonly shortCode: string;
  readonly browser: string;
  readonly os: string;
  readonly country: string;
  readonly city: string;
  readonly referrer: string;
  readonly ip: string;
  readonly isBot: boolean;
}

const START = Date.UTC(2025, 2, 1);
const APART = 29 * 60_000;
const COUNT = 1_500;

const CODES = ['launch', 'launch', 'launch', 'blog/post', 'blog/post', '<b onclick="x()">bold</b>'];
const BROWSERS = ['Chrome', 'Chrome', 'Firefox', 'Chrome', 'Safari', 'Firefox', 'Chrome'];
const SYSTEMS = ['Windows', 'macOS', 'Windows', 'Linux'];
/** Singapore is too small for the map, and nobody knows where XX is. */
const PLACES = [
  ['DE', 'Berlin'],
  ['US', 'New York'],
  ['DE', 'Munich'],
  ['TR', 'İstanbul'],
  ['DE', 'Berlin'],
  ['SG', 'Singapore'],
  ['XX', 'Unknown'],
  ['US', 'New York'],
  ['DE', 'Berlin'],
  ['US', 'Boston'],
  ['DE', 'Munich'],
] as const;
const REFERRERS = ['Direct', `https://long.example/${'way/'.repeat(60)}end`, 'Direct', 'https://google.com'];

/** Clicks of March 2025, one every 29 minutes, in which America's clocks change. */
export const MARCH_CLICKS: readonly MarchClick[] = Array.from({ length: COUNT }, (_, index) => {
  const [country, city] = PLACES[index % PLACES.length] ?? ['XX', 'Unknown'];
  return {
    at: START + index * APART,
    shortCode: CODES[index % CODES.length] ?? '',
    browser: BROWSERS[index % BROWSERS.length] ?? '',
    os: SYSTEMS[index % SYSTEMS.length] ?? '',
    country,
    city,
    referrer: REFERRERS[index % REFERRERS.length] ?? '',
    ip: `192.0.2.${index % 191}`,
    isBot: index % 13 === 0,
  };
});

/** As they are sent in. */
export const MARCH_BODY = MARCH_CLICKS.map(({ at, shortCode, isBot, referrer, ...rest }) => ({
  ...rest,
  short_code: shortCode,
  clicked_at: new Date(at).toISOString(),
  referrer: referrer === 'Direct' ? '' : referrer,
  user_agent: isBot ? 'Googlebot/2.1 (+http://www.google.com/bot.html)' : 'Mozilla/5.0 (X11; Linux x86_64)',
}));

export const MARCH = 'start_date=2025-03-01&end_date=2025-03-31&timezone=UTC';

/** A number as the page writes it. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

/** How many visitors made the clicks: an address and a user agent together are one. */
export function visitorsOf(clicks: readonly MarchClick[]): number {
  return new Set(clicks.map(({ ip, isBot }) => `${ip} ${isBot}`)).size;
}

/** The rows that a list of the page must show, counted one by one; by clicks, then by name. */
export function expectedRows(
  clicks: readonly MarchClick[],
  valueOf: (click: MarchClick) => string,
  shownAs: (value: string) => string = (value) => value,
): readonly (readonly string[])[] {
  return grouping(clicks, valueOf)
    .toSorted(
      ([a, one], [b, two]) => two.length - one.length || Buffer.compare(Buffer.from(a), Buffer.from(b)),
    )
    .map(([value, group]) => [
      shownAs(value),
      grouped(group.length),
      `${(Math.round((group.length * 10_000) / clicks.length) / 100).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })}%`,
      grouped(visitorsOf(group)),
    ]);
}

/** Clicks and visitors of each day of a zone's calendar that has clicks, as the chart's table shows them. */
export function expectedDays(clicks: readonly MarchClick[], zone: string): readonly (readonly string[])[] {
  return grouping(clicks, ({ at }) => new Date(shownAt(zone, at)).toISOString().slice(0, 10)).map(
    ([day, group]) => [dayName(day), grouped(group.length), grouped(visitorsOf(group))],
  );
}

function dayName(day: string): string {
  return new Date(day).toLocaleDateString('en-GB', {
    timeZone: 'UTC',
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
}

function grouping(clicks: readonly MarchClick[], keyOf: (click: MarchClick) => string) {
  const groups = new Map<string, MarchClick[]>();
  for (const click of clicks) groups.set(keyOf(click), [...(groups.get(keyOf(click)) ?? []), click]);
  return [...groups];
}
