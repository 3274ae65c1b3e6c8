import type { Command } from 'commander';
import type { Logger } from 'pino';
import { type Config, readConfig } from '../config.ts';
import type { Running } from '../main.ts';
import { note } from './output.ts';

/** How long a start waits for another engine that is about to end, for example after a crash. */
export const START_WAIT_MS = 12_000;

export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('Start the server.')
    .addHelpText(
      'after',
      '\nSettings are environment variables: HOST, PORT, SPOOR_DATA_DIR, CLICKHOUSE_URL and those in docs/settings.md.\n\nExample:\n  PORT=9000 SPOOR_DATA_DIR=/var/lib/spoor spoor serve',
    )
    .action(() => withServer(announce));
}

/** Starts a server, runs `work` with it, and stops it at the first stop signal, or when `work` throws. */
export async function withServer(work: (running: Running, log: Logger) => unknown): Promise<void> {
  const config = readConfig();
  const { createLog } = await import('../process/log.ts');
  const log = createLog(config.logLevel);
  const stopping = stopSignal();
  const running = await startUnlessStopped(stopping, config, log);
  try {
    await work(running, log);
    await stopping;
  } finally {
    log.info('stopping');
    await running.stop();
    log.info('stopped');
  }
}

/** Starts the server. A stop signal that arrives before it listens ends the process. */
async function startUnlessStopped(stopping: Promise<void>, config: Config, log: Logger): Promise<Running> {
  const { start } = await import('../main.ts');
  const starting = start(config, { log, waitForDataDirMs: START_WAIT_MS, isServer: true });
  const running = await Promise.race([starting, stopping.then(() => undefined)]);
  // The engine ends when its standard input closes, which happens when this process exits.
  if (running === undefined) process.exit(0);
  return running;
}

/** Resolves at the first stop signal. Later ones are ignored, because npm forwards a Ctrl-C that arrived here already. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

export function announce(running: Running, log: Logger): void {
  if (running.newAdminKey !== undefined) {
    note(`The administrator's key, shown only once: ${running.newAdminKey}`);
    note(`Sign in with it at ${running.url}`);
  }
  log.info({ url: running.url }, 'listening');
  void running.engineLost.then(() => {
    note(
      'spoor: The embedded ClickHouse has stopped and cannot be restarted; see its log in the data directory.',
    );
    process.exit(1);
  });
}
