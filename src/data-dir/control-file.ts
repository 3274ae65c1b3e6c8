import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createDataDir } from './data-dir.ts';
import { replaceFile } from './durable-file.ts';

const controlSchema = z.object({ url: z.string(), token: z.string(), pid: z.number() });

/** Where the running server listens, and the token, new at each start, with which commands act as administrator. */
export type Control = Readonly<z.infer<typeof controlSchema>>;

const controlFile = (dataDir: string) => join(dataDir, 'control.json');

export function writeControl(dataDir: string, control: Control): void {
  createDataDir(dataDir);
  replaceFile(controlFile(dataDir), JSON.stringify(control));
}

/** Reads the control file of a data directory; undefined if it does not exist or cannot be read. */
function readControl(dataDir: string): Control | undefined {
  try {
    return controlSchema.parse(JSON.parse(readFileSync(controlFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes the control file if it has this token, so never one that another server has written since. */
export function removeControl(dataDir: string, token: string): void {
  if (readControl(dataDir)?.token === token) rmSync(controlFile(dataDir), { force: true });
}

/** How long a busy server may take to respond. */
const PING_TIMEOUT_MS = 5_000;
/** The same if its process is not on this machine: then it can only run in another container. */
const REMOTE_PING_TIMEOUT_MS = 500;

/** The running server of a data directory; undefined if none responds. */
export async function findRunning(dataDir: string): Promise<Control | undefined> {
  const control = readControl(dataDir);
  if (control === undefined) return undefined;
  try {
    const response = await fetch(`${control.url}/control/ping`, {
      headers: { authorization: `Bearer ${control.token}` },
      signal: AbortSignal.timeout(isProcess(control.pid) ? PING_TIMEOUT_MS : REMOTE_PING_TIMEOUT_MS),
    });
    return response.ok ? control : undefined;
  } catch {
    return undefined;
  }
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process that may not be sent a signal exists.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
