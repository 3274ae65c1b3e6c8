import { SpoorError } from './spoor-error.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;

export interface Retries {
  /** Milliseconds after which no further attempt begins. */
  readonly forMs: number;
  /** Ends waiting for the next attempt. */
  readonly signal?: AbortSignal | undefined;
  /** Whether waiting for the next attempt lets a process end. */
  readonly isInBackground?: boolean;
  /** Told of every attempt that failed. */
  readonly onError?: ((error: SpoorError) => void) | undefined;
}

/**
 * Tries until it succeeds. Before each further attempt it waits as long as the service says, else up to twice as long as
 * before, 30 s at most.
 * @throws SpoorError of the last attempt: one that is not transient, or the last in time; the signal's reason
 */
export async function retrying<T>(attempt: () => Promise<T>, retries: Retries): Promise<T> {
  const { forMs, signal, isInBackground = false, onError } = retries;
  const end = Date.now() + forMs;
  for (let longest = FIRST_WAIT_MS; ; longest = Math.min(2 * longest, LONGEST_WAIT_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SpoorError)) throw error;
      onError?.(error);
      // Clients that failed together do not come back together.
      const wait = error.retryAfterMs ?? longest * (0.5 + Math.random() / 2);
      if (!error.isTransient || Date.now() + wait > end) throw error;
      await waited(wait, signal, isInBackground);
    }
  }
}

/** @throws the signal's reason when it aborts */
export async function waited(
  milliseconds: number,
  signal: AbortSignal | undefined,
  isInBackground = false,
): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    if (isInBackground) unreference(timer);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Lets a process end before the timer does, where there is a process. */
export function unreference(timer: unknown): void {
  if (typeof timer !== 'object' || timer === null || !('unref' in timer)) return;
  if (typeof timer.unref === 'function') timer.unref();
}
