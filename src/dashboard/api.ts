import { type StatsResult, isStatsResult } from './result-types.ts';

/** Why a request failed. */
export interface Failure {
  readonly kind:
    'key' | 'forbidden' | 'missing' | 'limited' | 'unavailable' | 'invalid' | 'long' | 'offline' | 'broken';
  /** What went wrong, for the user of the page. */
  readonly message: string;
  /** The parameter that is wrong. */
  readonly field?: string | undefined;
  /** Seconds from the response's `Retry-After`. */
  readonly retryAfter: number | undefined;
}

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

const OFFLINE: Failure = {
  kind: 'offline',
  message: 'Cannot reach Spoor. Check your connection and whether the server is running.',
  retryAfter: undefined,
};

const KINDS: Readonly<Record<number, Failure['kind']>> = {
  400: 'invalid',
  401: 'key',
  403: 'forbidden',
  404: 'missing',
  414: 'long',
  422: 'invalid',
  429: 'limited',
  431: 'long',
  503: 'unavailable',
  504: 'unavailable',
};

const OPENINGS: Readonly<Partial<Record<Failure['kind'], string>>> = {
  long: 'These filters are too long for a request: take fewer or shorter values.',
  limited: 'Too many requests in a short time.',
  unavailable: 'The statistics are not available right now.',
  broken: 'Something went wrong on the server.',
};

/** What a request sends beside its path. */
export interface Sent {
  /** The API key; undefined sends none. */
  readonly key: string | undefined;
  readonly signal: AbortSignal;
  readonly parameters?: URLSearchParams;
  /** GET unless given, or POST with a body. */
  readonly method?: 'DELETE' | 'PUT';
  /** Sent as the body. */
  readonly json?: unknown;
}

const SUCCESSES: readonly number[] = [200, 201];

/**
 * Sends one request to the API. Any status but 200 and 201 is a failure.
 * @throws the signal's reason when it aborts
 */
export async function request(path: string, sent: Sent): Promise<Result<Response>> {
  const { key, signal, parameters, method, json } = sent;
  if (key !== undefined && !isSendable(key))
    return { ok: false, failure: failureOf(401, unknownKey(), null) };
  try {
    const response = await fetch(parameters === undefined ? path : `${path}?${parameters}`, {
      signal,
      headers: {
        ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }),
      ...(method === undefined ? {} : { method }),
    });
    if (SUCCESSES.includes(response.status)) return { ok: true, value: response };
    const retryAfter = response.headers.get('Retry-After');
    return { ok: false, failure: failureOf(response.status, await bodyOf(response), retryAfter) };
  } catch {
    signal.throwIfAborted();
    return { ok: false, failure: OFFLINE };
  }
}

/**
 * Sends one request and parses the JSON of its response. A body of another shape counts as no response: a proxy may have
 * sent it.
 * @throws the signal's reason when it aborts
 */
export async function fetchJson<Body>(
  path: string,
  sent: Sent,
  isExpected: (body: unknown) => body is Body,
): Promise<Result<Body>> {
  const result = await request(path, sent);
  if (!result.ok) return result;
  const body = await bodyOf(result.value);
  sent.signal.throwIfAborted();
  return isExpected(body) ? { ok: true, value: body } : { ok: false, failure: OFFLINE };
}

/** Fetches statistics. @throws the signal's reason when it aborts */
export async function fetchStats(
  parameters: URLSearchParams,
  key: string | undefined,
  signal: AbortSignal,
): Promise<Result<StatsResult>> {
  return fetchJson('/api/v1/stats', { parameters, key, signal }, isStatsResult);
}

/** The result of `work`; undefined if the signal aborted. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  try {
    const result = await work;
    return signal.aborted ? undefined : result;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** The failure that a response reports. */
export function failureOf(status: number, body: unknown, retryAfter: string | null): Failure {
  const kind = KINDS[status] ?? 'broken';
  const seconds = Number(retryAfter ?? Number.NaN);
  const opening = OPENINGS[kind];
  return {
    kind,
    message:
      [opening, textIn(body, 'error')].filter((part) => part !== undefined).join(' ') ||
      'The server sent no message.',
    field: textIn(body, 'field'),
    retryAfter: Number.isFinite(seconds) ? Math.max(0, seconds) : undefined,
  };
}

/** Whether a key can be sent in a header: fetch throws otherwise. */
function isSendable(key: string): boolean {
  return /^[\x21-\x7E]+$/.test(key);
}

function unknownKey() {
  return { error: 'The API key is unknown, expired or revoked.' };
}

function textIn(body: unknown, name: 'error' | 'field'): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.entries(body).find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value : undefined;
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
