import { type Result, request } from './api.ts';

const FOLDER = 'exports';
/** How long a downloaded file is kept: by then the browser has copied it. */
const KEEP_MS = 3_600_000;

/** Stores the bytes of a download as they arrive. */
interface Sink {
  readonly write: (piece: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** The complete file. */
  readonly finish: () => Promise<Blob>;
  readonly discard: () => Promise<void>;
}

/**
 * Downloads an export as a file. The bytes go to the browser's private file system first, because an export can be larger
 * than the memory. A plain link could not send the key.
 * @param onProgress called with the number of bytes received
 * @returns the file's name
 * @throws the signal's reason when it aborts. Then nothing is saved, nor if the export is interrupted.
 */
export async function download(
  parameters: URLSearchParams,
  key: string | undefined,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Result<string>> {
  const result = await request('/api/v1/export', { parameters, key, signal });
  if (!result.ok) return result;
  const response = result.value;
  const name = fileName(response.headers.get('Content-Disposition'));
  const sink = await openSink();
  try {
    let received = 0;
    const reader = response.body?.getReader();
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      await sink.write(piece.value);
      received += piece.value.length;
      onProgress(received);
    }
    save(await sink.finish(), name);
    return { ok: true, value: name };
  } catch {
    await sink.discard();
    signal.throwIfAborted();
    const message = 'The export was interrupted, so nothing was saved. Try again.';
    return { ok: false, failure: { kind: 'broken', message, retryAfter: undefined } };
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
}

function fileName(disposition: string | null): string {
  return /filename="([^"]+)"/.exec(disposition ?? '')?.[1] ?? 'spoor-export';
}

async function openSink(): Promise<Sink> {
  try {
    return await diskSink();
  } catch {
    // Not available over plain HTTP to another machine, in private windows and in older browsers.
    return memorySink();
  }
}

async function diskSink(): Promise<Sink> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  await removeOld(folder);
  const name = `${Date.now()}-${crypto.randomUUID()}`;
  const handle = await folder.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  return {
    write: (piece) => writable.write(piece),
    finish: async () => {
      await writable.close();
      return handle.getFile();
    },
    discard: async () => {
      await writable.abort().catch(() => {});
      await folder.removeEntry(name).catch(() => {});
    },
  };
}

async function removeOld(folder: FileSystemDirectoryHandle): Promise<void> {
  for await (const name of folder.keys()) {
    if (Number.parseInt(name, 10) < Date.now() - KEEP_MS) await folder.removeEntry(name).catch(() => {});
  }
}

function memorySink(): Sink {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  return {
    write: async (piece) => void pieces.push(piece),
    finish: async () => new Blob(pieces),
    discard: async () => void pieces.splice(0),
  };
}
