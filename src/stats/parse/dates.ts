import { invalid } from '../../errors.ts';
import { faultOfDigits, parseDateParameter } from '../../lib/date-time.ts';
import { isListedByNode, knownToNode } from '../../lib/time-zone.ts';

/**
 * The instant (Unix ms) that a date in a field means.
 * @param edge a date alone is its first millisecond for `start`, its last one for `end`
 * @throws AppError 400 where it is none
 */
export function parseInstant(field: string, text: string, zone: string, edge: 'start' | 'end'): number {
  const instant = parseDateParameter(text, zone, edge);
  if (instant === undefined) {
    throw invalid(field, `${field} must be an ISO 8601 date or time, such as 2026-01-31, or a Unix time.`);
  }
  const fault = faultOfDigits(text);
  if (fault !== undefined) throw invalid(field, `${field} ${fault}.`);
  return instant;
}

/**
 * A time zone by its name, which Node must know and one of both lists must spell so.
 * @param ofClickHouse the names that ClickHouse lists: older ones too, while the newest may be missing
 * @throws AppError 400 for any other
 */
export function parseTimeZone(zone: string, ofClickHouse: ReadonlySet<string>): string {
  const isListed = ofClickHouse.has(zone) || isListedByNode(zone);
  if (isListed && knownToNode(zone)) return zone;
  throw invalid('timezone', 'timezone must be an IANA name, spelt exactly, such as Europe/Berlin.');
}
