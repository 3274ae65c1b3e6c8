import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createDataDir } from './data-dir.ts';
import { replaceFile } from './durable-file.ts';

const controlSchema = z.object({ url: z.string(), token: z.string(), pid: z.number() });

/** Where the running server listens and the token, made anew at each start, that lets commands act as administrator. */
export type Control = Readonly<z.infer<typeof controlSchema>>;

const controlFile = (dataDir: string) => join(dataDir, 'control.json');

export function writeControl(dataDir: string, control: Control): void {
  createDataDir(dataDir);
  replaceFile(controlFile(dataDir), JSON.stringify(control));
}

/** The control file of the server on this data directory; undefined when there is none or it cannot be read. */
function readControl(dataDir: string): Control | undefined {
  try {
    return controlSchema.parse(JSON.parse(readFileSync(controlFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes the control file with this token, never one that another server has written since. */
export function removeControl(dataDir: string, token: string): void {
  if (readControl(dataDir)?.token === token) rmSync(controlFile(dataDir), { force: true });
}

/** How long a server that is busy may take to say that it is there. */
const ANSWER_MS = 5_000;
/** And how long one whose process this machine does not have: it can only be that of another container. */
const STRANGER_ANSWER_MS = 500;

/** The running server of this data directory, if one answers there. */
export async function findRunning(dataDir: string): Promise<Control | undefined> {
  const control = readControl(dataDir);
  if (control === undefined) return undefined;
  try {
    const response = await fetch(`${control.url}/control/ping`, {
      headers: { authorization: `Bearer ${control.token}` },
      signal: AbortSignal.timeout(isProcess(control.pid) ? ANSWER_MS : STRANGER_ANSWER_MS),
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
    // One that may not be sent a signal is there all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
