/** What a window holds for one payer after a request. */
export interface WindowState {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly endsInMs: number;
}

/** What a client is told. */
export interface Verdict {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds, at least 1, until the window that is told of ends; after a refusal, until a request fits again. */
  readonly resetSeconds: number;
}

/**
 * The verdict in the terms of one window: the one that ends first, since it is the next to be whole again. Once some
 * window has nothing left it is that one, of several the one that ends last, since until then nothing fits.
 */
export function shapeVerdict(isAllowed: boolean, windows: readonly WindowState[]): Verdict {
  const byEnd = windows.toSorted((a, b) => a.endsInMs - b.endsInMs);
  const told = byEnd.findLast(({ remaining }) => remaining === 0) ?? byEnd[0];
  if (told === undefined) throw new Error('A limit has at least one window.');
  const { limit, remaining, endsInMs } = told;
  return { isAllowed, limit, remaining, resetSeconds: Math.max(1, Math.ceil(endsInMs / 1000)) };
}
