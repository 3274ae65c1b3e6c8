const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long (ms) to wait after the first failed attempt, the second and so on. After the last one there is no further attempt. */
export const RUN_DELAYS: readonly number[] = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR];

/** The same of webhooks, as Standard Webhooks recommends. */
export const WEBHOOK_DELAYS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
];

/**
 * When to try again.
 * @param attempts how many have failed
 * @param now when the last of them did, Unix milliseconds
 * @returns Unix milliseconds; undefined: never
 */
export function nextAttempt(delays: readonly number[], attempts: number, now: number): number | undefined {
  const delay = delays[attempts - 1];
  return delay === undefined ? undefined : now + delay;
}
