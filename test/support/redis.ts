import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { takesConnections, waitUntil } from './process.ts';

/** A redis-server of a test's own, on a free port of this machine, that keeps nothing on disk. */
export class LocalRedis {
  readonly port: number;
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  /** One that does not run yet. */
  static async prepare(...options: readonly string[]): Promise<LocalRedis> {
    return new LocalRedis(await freePort(), options);
  }

  static async start(...options: readonly string[]): Promise<LocalRedis> {
    const redis = await LocalRedis.prepare(...options);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, always on the same port, and waits until it takes connections. */
  async start(): Promise<void> {
    const fixed = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', [...fixed, ...this.#options], { cwd: tmpdir(), stdio: 'ignore' });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', () =>
        reject(new Error('These tests run a redis-server: install it (apt-get install redis-server).')),
      );
    });
    this.#child = child;
    await waitUntil('redis-server', () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}.`);
      return takesConnections(this.port);
    });
  }

  /** Ends it as a crash does: what it knew is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Makes it hang: connections stay, answers do not come. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }
}

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  holder.close();
  await once(holder, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('No port.');
  return address.port;
}
