/** Seconds a window lasts; it begins with the first request that is counted in it. */
export const WINDOW_SECONDS = { minute: 60, day: 86_400 } as const;

export type WindowName = keyof typeof WINDOW_SECONDS;

/** Whom a request is counted against: its key where it has one that holds, else the client's address. */
export type Payer = 'key' | 'address';

/** How many requests fit into each window. */
export type Allowance = Readonly<Record<WindowName, number>>;

/** The limited routes by their pattern; a route that is not here has no limit. */
export const ROUTE_LIMITS: Readonly<Record<string, Readonly<Record<Payer, Allowance>>>> = {
  '/api/v1/stats': { key: { minute: 60, day: 5_000 }, address: { minute: 20, day: 1_000 } },
  '/api/v1/export': { key: { minute: 30, day: 1_000 }, address: { minute: 10, day: 200 } },
};

/** Stands among the routes for keys that are not known, on whatever route they come. */
export const WRONG_KEYS = 'wrong keys';

/** How many of them are looked up, an address; known keys are not held up by them. */
export const WRONG_KEYS_A_MINUTE = 60;
