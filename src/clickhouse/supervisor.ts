import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseServer } from '../config.ts';
import type { EmbeddedClickHouse } from './embedded.ts';

/** Restarts in a row that may fail before the engine is given up. */
const ATTEMPTS = 5;

/** Starts an engine on `port` and waits until it answers; 0 takes any free one. */
type StartEngine = (port: number) => Promise<EmbeddedClickHouse>;

/** Keeps an embedded ClickHouse running: one that ends by itself is started again, at the same address. */
export class EngineSupervisor {
  readonly server: ClickHouseServer;
  /** Settles when the engine has ended and five starts in a row have come to nothing. */
  readonly gaveUp: Promise<void>;
  readonly #start: StartEngine;
  readonly #onRestart: () => void;
  #engine: EmbeddedClickHouse;
  #isStopping = false;

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

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    await this.#engine.stop(graceMs);
  }

  async #watch(): Promise<void> {
    const port = Number(new URL(this.server.url).port);
    for (let failed = 0; failed < ATTEMPTS;) {
      await this.#engine.exited;
      // Whoever stops the engine is not to be told that it was given up.
      if (this.#isStopping) return new Promise(() => {});
      this.#onRestart();
      try {
        this.#engine = await this.#start(port);
        failed = 0;
      } catch {
        failed++;
        await delay(200 * failed);
      }
    }
  }
}
