import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseServer } from '../config.ts';
import type { EmbeddedClickHouse } from './embedded.ts';

/** Restarts in a row that may fail before the engine is given up. */
const ATTEMPTS = 5;

/** Starts an engine on `port` (0: any free one) and waits until it responds. Aborting the signal ends the start. */
type StartEngine = (port: number, signal?: AbortSignal) => Promise<EmbeddedClickHouse>;

/** Keeps an embedded ClickHouse running: one that ends by itself is started again, at the same address. */
export class EngineSupervisor {
  readonly server: ClickHouseServer;
  /** Settles when the engine has ended and five starts in a row have come to nothing. */
  readonly gaveUp: Promise<void>;
  readonly #start: StartEngine;
  readonly #onRestart: () => void;
  readonly #stopping = new AbortController();
  #engine: EmbeddedClickHouse;
  #restarting: Promise<boolean> | undefined;

  private constructor(engine: EmbeddedClickHouse, start: StartEngine, onRestart: () => void) {
    this.#engine = engine;
    this.#start = start;
    this.#onRestart = onRestart;
    this.server = engine.server;
    this.gaveUp = this.#watch();
  }

  /** @param onRestart told each time the engine has ended by itself */
  static async start(start: StartEngine, onRestart: () => void): Promise<EngineSupervisor> {
    return new EngineSupervisor(await start(0), start, onRestart);
  }

  /** Ends the engine, also one that is just being started again. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#restarting;
    await this.#engine.stop(graceMs);
  }

  async #watch(): Promise<void> {
    for (let failed = 0; failed < ATTEMPTS;) {
      await this.#engine.exited;
      // A caller that stops the engine must not get the error that it was given up.
      if (this.#stopping.signal.aborted) return new Promise(() => {});
      this.#onRestart();
      this.#restarting = this.#restart();
      if (await this.#restarting) failed = 0;
      else await delay(200 * ++failed, undefined, { ref: false });
    }
  }

  /** @returns whether it runs again */
  async #restart(): Promise<boolean> {
    try {
      this.#engine = await this.#start(Number(new URL(this.server.url).port), this.#stopping.signal);
      return true;
    } catch {
      return false;
    }
  }
}
