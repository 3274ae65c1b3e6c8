import { randomBytes } from 'node:crypto';
import { createReadStream, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Exit code that shells use for a command ended by a signal. */
const INTERRUPTED = 130;

/**
 * A temporary file next to the target, which replaces the target once it is complete. Its name is random and it is opened
 * exclusively, so it never overwrites an existing file. `discard`, the process's exit and signals remove it.
 */
export class DraftFile {
  readonly #target: string;
  readonly #path: string;
  #file: FileHandle;
  readonly #atExit = (): void => rmSync(this.#path, { force: true });
  readonly #atSignal = (signal: NodeJS.Signals): void => {
    // Another listener ends the process itself, once running work has stopped.
    if (process.listenerCount(signal) === 1) process.exit(INTERRUPTED);
  };

  private constructor(target: string, path: string, file: FileHandle) {
    this.#target = target;
    this.#path = path;
    this.#file = file;
    process.on('exit', this.#atExit);
    for (const signal of SIGNALS) process.prependListener(signal, this.#atSignal);
  }

  /**
   * @param target the regular file to create or replace, not a link
   * @param mode file permissions; undefined: those of the file it replaces, or the umask's default for a new one
   * @throws Error with a system error code when the file cannot be created
   */
  static async open(target: string, mode?: number): Promise<DraftFile> {
    const path = join(dirname(target), `spoor-${randomBytes(8).toString('hex')}.part`);
    const wanted = mode ?? statSync(target, { throwIfNoEntry: false })?.mode;
    const draft = new DraftFile(target, path, await open(path, 'wx', wanted === undefined ? 0o666 : 0o600));
    if (wanted !== undefined) await draft.#file.chmod(wanted & 0o777);
    return draft;
  }

  /** Appends bytes. */
  async write(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await writeFile(this.#file, bytes);
  }

  /** Moves another file into the draft's place, also across file systems. */
  async moveIn(path: string): Promise<void> {
    const { mode } = await this.#file.stat();
    const moved = await open(path, 'r+');
    try {
      await rename(path, this.#path);
    } catch {
      await moved.close();
      await this.write(createReadStream(path));
      await rm(path, { force: true });
      return;
    }
    await this.#file.close();
    this.#file = moved;
    await moved.chmod(mode & 0o777);
  }

  /** Syncs the file to disk and gives it the target's name. @throws Error with a system error code */
  async commit(): Promise<void> {
    await this.#file.sync();
    await rename(this.#path, this.#target);
    await this.#letGo();
  }

  /** Removes the draft; the target stays as it was. */
  async discard(): Promise<void> {
    await rm(this.#path, { force: true });
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    process.off('exit', this.#atExit);
    for (const signal of SIGNALS) process.off(signal, this.#atSignal);
    await this.#file.close();
  }
}
