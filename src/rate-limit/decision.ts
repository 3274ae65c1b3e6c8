/** What is left in a window for one rate-limit subject after a request. */
export interface WindowState {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly endsInMs: number;
}

/** Whether a request is allowed, and what its client is told of the limit. */
export interface Decision {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds, at least 1, until the window ends that `limit` is of; after a refusal, until a request fits again. */
  readonly resetSeconds: number;
}

/**
 * The decision in the terms of one window: the one that ends first, because it is the next to be whole again. When windows are
 * used up it is the one of them that ends last, because no request fits before that.
 */
export function shapeDecision(isAllowed: boolean, windows: readonly WindowState[]): Decision {
  const byEnd = windows.toSorted((a, b) => a.endsInMs - b.endsInMs);
  const shown = byEnd.findLast(({ remaining }) => remaining === 0) ?? byEnd[0];
  if (shown === undefined) throw new Error('A limit has at least one window.');
  const { limit, remaining, endsInMs } = shown;
  return { isAllowed, limit, remaining, resetSeconds: Math.max(1, Math.ceil(endsInMs / 1000)) };
}
