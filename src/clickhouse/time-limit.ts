import { unavailable } from '../errors.ts';

/**
 * Runs `work` with a signal that aborts after `timeoutMs`.
 * @throws AppError `unavailable` when the time was up
 */
export async function withTimeout<T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    controller.abort();
  }, timeoutMs);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw isTimedOut ? unavailable('ClickHouse does not respond.', error) : error;
  } finally {
    clearTimeout(timer);
  }
}
