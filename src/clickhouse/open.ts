import type { Config } from '../config.ts';
import { findRunning } from '../data-dir/control-file.ts';
import { serversOf } from './cluster-settings.ts';
import type { OpenClickHouse, OpenOptions } from './server-connection.ts';
import { DataDirInUseError, EmbeddedClickHouse, type EngineStartOptions } from './embedded.ts';
import { openCluster } from './open-cluster.ts';
import { openServer } from './open-server.ts';
import { explainStartFailure } from './start-failure.ts';
import { EngineSupervisor } from './supervisor.ts';
import { Waiting } from './waiting.ts';

/** The engine's share of the 10 s that a stop may take. */
const ENGINE_STOP_MS = 1_500;

/**
 * Opens the ClickHouse that the settings name, starting the embedded one where they name none, and migrates it.
 * @throws Error with a sentence for the operator
 */
export async function openClickHouse(config: Config, options: OpenOptions): Promise<OpenClickHouse> {
  try {
    if (config.clickhouse === undefined) return await openEmbedded(config, options);
    if (config.cluster === undefined) return await openServer(config, config.clickhouse, options);
    return await openCluster(config, config.cluster, serversOf(config.cluster, config.clickhouse), options);
  } catch (error) {
    throw explainStartFailure(error, config);
  }
}

async function openEmbedded(config: Config, options: OpenOptions): Promise<OpenClickHouse> {
  const engine = await EngineSupervisor.start(
    (port, signal) => startEngine(config, options, port, signal),
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
async function startEngine(
  config: Config,
  { waitForDataDirMs, onWait }: OpenOptions,
  port: number,
  signal?: AbortSignal,
): Promise<EmbeddedClickHouse> {
  const waiting = new Waiting('another process that uses the data directory', onWait);
  const options: EngineStartOptions = { onWait, ...(signal && { signal }) };
  for (;;) {
    try {
      return await EmbeddedClickHouse.start(config.dataDir, port, options);
    } catch (error) {
      if (!(error instanceof DataDirInUseError)) throw error;
      await refuseSecondServer(config);
      if (waiting.elapsedMs > waitForDataDirMs) throw error;
    }
    await waiting.pause(200);
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
