/** Seconds a window lasts; it begins with the first request that is counted in it. */
export const WINDOW_SECONDS = { minute: 60, day: 86_400 } as const;

export type WindowName = keyof typeof WINDOW_SECONDS;

/** Whom a request is counted against: its key where it has a valid one, else the client's address. */
export type SubjectKind = 'key' | 'address';

/** A rate-limit subject: the key's id, or the network of the client's address. */
export interface RateLimitSubject {
  readonly kind: SubjectKind;
  readonly name: string;
}

/** How many requests fit into each window. */
export type Allowance = Readonly<Record<WindowName, number>>;

/** The rate limit of a route, by the kind of subject. */
export type RouteRateLimit = Readonly<Record<SubjectKind, Allowance>> & {
  /** The route whose windows it counts in: what both take counts as one. Default: the route itself. */
  readonly sharedWith?: string;
};

/** Stands among the routes for unknown keys, on whatever route they come. */
export const WRONG_KEYS = 'wrong keys';

/** How many unknown keys an address may send a minute; known keys are not held up by them. */
export const WRONG_KEYS_A_MINUTE = 60;
