import { randomBytes } from 'node:crypto';
import { createReadStream, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How a shell says that a signal ended a command. */
const INTERRUPTED = 130;

/**
 * A new file beside the one that is meant, which takes its place once it is whole. Its name is random and it is opened
 * exclusively, so nothing that lies there already is written to. It is removed on any failure, and when the process is
 * ended by a signal.
 */
export class DraftFile {
  readonly #target: string;
  readonly #path: string;
  #file: FileHandle;
  readonly #atExit = (): void => rmSync(this.#path, { force: true });
  readonly #atSignal = (signal: NodeJS.Signals): void => {
    // Someone else who hears the signal ends the process when what runs is stopped.
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
   * @param target the plain file to make or to replace; no link
   * @param mode its permissions; undefined: those of the file that it replaces, of a new one what the umask leaves
   * @throws Error with a system's code when the folder takes no file
   */
  static async open(target: string, mode?: number): Promise<DraftFile> {
    const path = join(dirname(target), `spoor-${randomBytes(8).toString('hex')}.part`);
    const wanted = mode ?? statSync(target, { throwIfNoEntry: false })?.mode;
    const draft = new DraftFile(target, path, await open(path, 'wx', wanted === undefined ? 0o666 : 0o600));
    if (wanted !== undefined) await draft.#file.chmod(wanted & 0o777);
    return draft;
  }

  /** Takes the file's bytes. */
  async write(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await writeFile(this.#file, bytes);
  }

  /** Takes another file in its place, from another file system too; that one is gone then. */
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

  /** Gives the file its name, once it is on the disk. @throws Error with a system's code */
  async keep(): Promise<void> {
    await this.#file.sync();
    await rename(this.#path, this.#target);
    await this.#letGo();
  }

  /** Removes the draft; what lies under the file's name stays as it was. */
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
