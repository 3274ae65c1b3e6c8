import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/**
 * Makes the data directory, for its owner alone, unless it is there.
 * @throws Error with a sentence for the operator
 */
export function createDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new Error(`SPOOR_DATA_DIR: ${dataDir} cannot be used as a directory (${code}).`, { cause });
  }
}

/** One folder at a time: Node's own recursive way never returns below a file system that takes none, such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    readdirSync(path);
    return;
  }
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/**
 * A secret kept in the data directory: made at the first call (256 bits, base64url, mode 0600), the same ever after.
 */
export function readOrCreateSecret(dataDir: string, name: string): string {
  const file = join(dataDir, name);
  createDataDir(dataDir);
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!isFileExists(error)) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}

/** Puts another secret in the place of the one there is, if any: wholly or not at all. */
export function replaceSecret(dataDir: string, name: string, secret: string): void {
  const draft = join(dataDir, `${name}.${process.pid}`);
  writeFileSync(draft, `${secret}\n`, { mode: 0o600 });
  renameSync(draft, join(dataDir, name));
}

function isFileExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

const controlSchema = z.object({ url: z.string(), token: z.string(), pid: z.number() });

/** Where the running server listens and the token, made anew at each start, that lets commands act as administrator. */
export type Control = Readonly<z.infer<typeof controlSchema>>;

const controlFile = (dataDir: string) => join(dataDir, 'control.json');

export function writeControl(dataDir: string, control: Control): void {
  createDataDir(dataDir);
  const draft = `${controlFile(dataDir)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(control), { mode: 0o600 });
  renameSync(draft, controlFile(dataDir));
}

/** The control file of the server on this data directory; undefined when there is none or it cannot be read. */
export function readControl(dataDir: string): Control | undefined {
  try {
    return controlSchema.parse(JSON.parse(readFileSync(controlFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes this process's control file, never one that another server has written since. */
export function removeControl(dataDir: string, control: Control): void {
  if (readControl(dataDir)?.token === control.token) rmSync(controlFile(dataDir), { force: true });
}

/** The running server of this data directory, if one answers there. */
export async function findRunning(dataDir: string): Promise<Control | undefined> {
  const control = readControl(dataDir);
  if (control === undefined) return undefined;
  try {
    const response = await fetch(`${control.url}/control/ping`, {
      headers: { authorization: `Bearer ${control.token}` },
      signal: AbortSignal.timeout(5_000),
    });
    return response.ok ? control : undefined;
  } catch {
    return undefined;
  }
}
