import type { RedisClientType } from '@redis/client';

/** A command that takes longer counts as failed: no request waits for Redis. */
const DEADLINE_MS = 100;
/** How often an unreachable Redis is tried. */
const PROBE_MS = 500;
/** How long a start waits to learn whether Redis is reachable. */
const FIRST_REPLY_MS = 1_000;
const RECONNECT_MS = 500;
/** A connection without a reply to a ping for this long is dead. */
const SOCKET_TIMEOUT_MS = 3_000;
const PING_MS = 1_000;

const PROBE_SCRIPT = "redis.call('set', KEYS[1], 1, 'PX', 1000) return 1";

export interface RedisObserver {
  /** Called once per outage, with what failed: a code, never a host or a password. */
  readonly onUnreachable: (failure: string) => void;
  /** Called when Redis is reachable again. */
  readonly onBack: () => void;
}

interface ScriptArguments {
  readonly keys: string[];
  readonly arguments: string[];
}

/**
 * A Redis that may be unreachable. Once a command has failed or timed out, none is sent until a trial in the background
 * succeeds in time, so an outage delays only the requests of its first moment.
 */
export class SharedRedis {
  readonly #client: RedisClientType<{}, {}, {}, 2>;
  readonly #observer: RedisObserver;
  readonly #probing: NodeJS.Timeout;
  #state: 'unknown' | 'reachable' | 'unreachable' = 'unknown';
  #isProbing = false;
  #onFirstReply: () => void = () => {};

  private constructor(client: RedisClientType<{}, {}, {}, 2>, observer: RedisObserver) {
    this.#client = client;
    this.#observer = observer;
    client.on('error', (error: unknown) => this.#lost(error));
    client.on('ready', () => void this.#probe());
    this.#probing = setInterval(() => void this.#probe(), PROBE_MS);
    this.#probing.unref();
  }

  /** Connects, now or whenever Redis can be reached; waits at most a second for it. */
  static async open(url: string, observer: RedisObserver): Promise<SharedRedis> {
    const { createClient } = await import('@redis/client');
    const client = createClient({
      url,
      RESP: 2,
      disableOfflineQueue: true,
      pingInterval: PING_MS,
      maintNotifications: 'disabled',
      socket: {
        connectTimeout: SOCKET_TIMEOUT_MS,
        socketTimeout: SOCKET_TIMEOUT_MS,
        reconnectStrategy: () => RECONNECT_MS,
      },
    });
    const redis = new SharedRedis(client, observer);
    await redis.#connect();
    return redis;
  }

  /** Whether commands are worth sending. */
  get isReady(): boolean {
    return this.#state === 'reachable' && this.#client.isReady;
  }

  /** Runs a script. @throws Error when Redis fails or times out */
  async eval(script: string, args: ScriptArguments): Promise<unknown> {
    try {
      return await beforeDeadline(this.#client.eval(script, args));
    } catch (error) {
      this.#lost(error);
      throw error;
    }
  }

  close(): void {
    clearInterval(this.#probing);
    // Failures from here on are no outage.
    this.#state = 'unreachable';
    this.#client.destroy();
  }

  async #connect(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const replied = new Promise<void>((resolve) => {
      this.#onFirstReply = resolve;
      timer = setTimeout(resolve, FIRST_REPLY_MS);
    });
    // It goes on trying until it is closed, and only then rejects.
    this.#client.connect().catch(() => {});
    await replied;
    clearTimeout(timer);
  }

  /** One trial at a time: more of them would keep alive a connection that has nobody at its end. */
  async #probe(): Promise<void> {
    if (this.#state === 'reachable' || this.#isProbing || !this.#client.isReady) return;
    this.#isProbing = true;
    const started = performance.now();
    try {
      await this.#client.eval(PROBE_SCRIPT, { keys: ['spoor:probe'], arguments: [] });
      if (performance.now() - started <= DEADLINE_MS) this.#found();
    } catch (error) {
      this.#lost(error);
    } finally {
      this.#isProbing = false;
    }
  }

  #lost(error: unknown): void {
    if (this.#state === 'unreachable') return;
    this.#state = 'unreachable';
    this.#observer.onUnreachable(failureOf(error));
    this.#onFirstReply();
  }

  #found(): void {
    const wasUnreachable = this.#state === 'unreachable';
    this.#state = 'reachable';
    if (wasUnreachable) this.#observer.onBack();
    this.#onFirstReply();
  }
}

class TimeoutError extends Error {}

/** @throws TimeoutError when the reply is not there in time */
async function beforeDeadline<T>(reply: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    // If this process was busy, the reply is in the socket already and is read before the immediate.
    timer = setTimeout(() => setImmediate(() => reject(new TimeoutError())), DEADLINE_MS);
  });
  try {
    return await Promise.race([reply, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

/** An error's code, Redis's own word for it (`WRONGPASS`), or its class. */
function failureOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  if (!(error instanceof Error)) return typeof error;
  return /^[A-Z]{2,}\b/.exec(error.message)?.[0] ?? error.constructor.name;
}
