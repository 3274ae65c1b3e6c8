import { randomBytes } from 'node:crypto';
import {
  accessSync,
  appendFileSync,
  constants,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { naming } from '../data-dir/data-dir.ts';
import { ENGINE_FOLDER, ENGINE_LOG } from './engine-process.ts';

const PREFIX = 'clickhouse-port.';

/** With less the engine hangs, since it cannot write where it listens, and has no room to say so. */
const LEAST_ROOM = Buffer.alloc(65_536);

/** The files of one attempt to start an engine: another attempt at the same time has its own. */
export class StartFiles {
  /** Where the engine writes its port. */
  readonly port: string;
  /** What the engine prints. */
  readonly output: string;
  readonly #dataDir: string;
  readonly #room: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.port = join(dataDir, `${PREFIX}${process.pid}.${randomBytes(4).toString('hex')}`);
    this.output = `${this.port}.output`;
    this.#room = `${this.port}.room`;
  }

  /** @throws Error of the file system when the engine could not write; it would end, or hang, without a word */
  requireWritable(): void {
    const folder = join(this.#dataDir, ENGINE_FOLDER);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    appendFileSync(join(this.#dataDir, ENGINE_LOG), '', { mode: 0o600 });
    try {
      naming(this.#dataDir, () => writeFileSync(this.#room, LEAST_ROOM, { mode: 0o600 }));
    } finally {
      rmSync(this.#room, { force: true });
    }
  }

  /** The port, once the engine has written it. */
  readPort(): number | undefined {
    // The line break tells a complete file from one that is still being written.
    const match = /^(\d+)\n/.exec(read(this.port) ?? '');
    return match ? Number(match[1]) : undefined;
  }

  /** What the engine has printed; undefined when another engine, which has the directory, has removed it. */
  readOutput(): string | undefined {
    return read(this.output);
  }

  /** Keeps what the engine prints where an operator finds it. @returns the file */
  keepOutput(): string {
    const kept = join(this.#dataDir, 'clickhouse-output.log');
    naming(kept, () => renameSync(this.output, kept));
    return kept;
  }

  remove(): void {
    for (const file of [this.port, this.output]) rmSync(file, { force: true });
  }

  /** Also those of starts that were broken off: who has the directory is the only one that can have a use for one. */
  removeAll(): void {
    for (const name of readdirSync(this.#dataDir)) {
      if (name.startsWith(PREFIX)) rmSync(join(this.#dataDir, name), { force: true });
    }
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
