import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { findRunning } from '../data-dir.ts';
import { serversOf } from './cluster.ts';
import type { OpenClickHouse, OpenOptions } from './connection.ts';
import { DataDirInUseError, EmbeddedClickHouse } from './embedded.ts';
import { openCluster } from './open-cluster.ts';
import { openServer } from './open-server.ts';
import { EngineSupervisor } from './supervisor.ts';

/** The engine's share of the 10 s that a stop may take. */
const ENGINE_STOP_MS = 1_500;

/**
 * Opens the ClickHouse that the settings name, starting the embedded one where they name none, and migrates it.
 * @throws Error with a sentence for the operator
 */
export async function openClickHouse(config: Config, options: OpenOptions): Promise<OpenClickHouse> {
  if (config.cluster !== undefined && config.clickhouse !== undefined) {
    return openCluster(config, config.cluster, serversOf(config.cluster, config.clickhouse), options);
  }
  if (config.clickhouse !== undefined) return openServer(config, config.clickhouse, options);
  const engine = await EngineSupervisor.start(
    (port) => startEngine(config, options.waitForDataDirMs, port),
    () => options.onEngineExit?.(),
  );
  try {
    const opened = await openServer(config, engine.server, options);
    return {
      ...opened,
      engineLost: engine.gaveUp,
      close: async () => {
        await opened.close();
        await engine.stop(ENGINE_STOP_MS);
      },
    };
  } catch (error) {
    await engine.stop(ENGINE_STOP_MS);
    throw error;
  }
}

/** Starts the engine; a directory that is just being let go of, after a crash for example, is waited for. */
async function startEngine(config: Config, waitMs: number, port: number): Promise<EmbeddedClickHouse> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    if (port === 0) await refuseSecondServer(config);
    try {
      return await EmbeddedClickHouse.start(config.dataDir, port);
    } catch (error) {
      if (!(error instanceof DataDirInUseError) || performance.now() > deadline) throw error;
    }
    await delay(200);
  }
}

/** @throws Error that names the server which has the data directory already */
export async function refuseSecondServer({ dataDir }: Config): Promise<void> {
  const running = await findRunning(dataDir);
  if (running === undefined) return;
  throw new Error(
    `The data directory ${dataDir} is in use by the server at ${running.url} (process ${running.pid}).`,
  );
}
