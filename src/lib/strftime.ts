import { DAY, MINUTE, formatDay, isoWeek, modulo, twoDigits } from './calendar.ts';

const HOUR = 60 * MINUTE;

type Write = (wall: number) => string;

const dayText: Write = (wall) => formatDay(Math.floor(wall / DAY));

/** The directives that a format can hold; a whole date is one of them, since it is made the most and kept. */
const DIRECTIVES: Readonly<Record<string, Write | undefined>> = {
  '%Y-%m-%d': dayText,
  '%Y': (wall) => dayText(wall).slice(0, -6),
  '%m': (wall) => dayText(wall).slice(-5, -3),
  '%d': (wall) => dayText(wall).slice(-2),
  '%H': (wall) => twoDigits(Math.floor(modulo(wall, DAY) / HOUR)),
  '%M': (wall) => twoDigits(Math.floor(modulo(wall, HOUR) / MINUTE)),
  '%G': (wall) => String(isoWeek(Math.floor(wall / DAY)).year).padStart(4, '0'),
  '%V': (wall) => twoDigits(isoWeek(Math.floor(wall / DAY)).week),
  '%Q': (wall) => String(Math.ceil(Number(dayText(wall).slice(-5, -3)) / 3)),
};

/**
 * Compiles a strftime pattern into a function of a wall time: its fields read as if they were UTC, in milliseconds.
 * @throws Error for a directive that is not among `%Y %m %d %H %M %G %V %Q`
 */
export function strftime(pattern: string): Write {
  const parts = pattern.split(/(%Y-%m-%d|%.)/).filter((part) => part !== '');
  const writes = parts.map((part): Write => {
    if (!part.startsWith('%')) return () => part;
    const write = DIRECTIVES[part];
    if (write === undefined) throw new Error(`A time label cannot hold ${part}.`);
    return write;
  });
  const [first, ...others] = writes;
  if (first === undefined) return () => '';
  return (wall) => others.reduce((text, write) => text + write(wall), first(wall));
}
