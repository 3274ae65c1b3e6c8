import { type Result, request } from './api.ts';

const FOLDER = 'exports';
/** By then the browser has its copy of a file that was handed over. */
const KEPT_MS = 3_600_000;

/** Where the bytes of a download are put as they come. */
interface Sink {
  readonly write: (piece: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** All of it, on disk where the browser has one for us. */
  readonly finish: () => Promise<Blob>;
  readonly drop: () => Promise<void>;
}

/**
 * Downloads an export as a file. It is written to the browser's own disk on the way, since it can be larger than the
 * memory; a plain link could not carry the key.
 * @param onProgress told how many bytes have come
 * @returns the file's name
 * @throws the signal's reason when it aborts; nothing is saved then, nor when the export breaks off
 */
export async function download(
  parameters: URLSearchParams,
  key: string | undefined,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Result<string>> {
  const result = await request('/api/v1/export', parameters, key, signal);
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
    await sink.drop();
    signal.throwIfAborted();
    const sentence = 'The export broke off before its end, so nothing was saved. Try again.';
    return { ok: false, failure: { kind: 'broken', sentence, retryAfter: undefined } };
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

function fileName(disposition: string | null): string {
  return /filename="([^"]+)"/.exec(disposition ?? '')?.[1] ?? 'spoor-export';
}

async function openSink(): Promise<Sink> {
  try {
    return await diskSink();
  } catch {
    // Plain HTTP to another machine, a private window, an older browser.
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
    drop: async () => {
      await writable.abort().catch(() => {});
      await folder.removeEntry(name).catch(() => {});
    },
  };
}

async function removeOld(folder: FileSystemDirectoryHandle): Promise<void> {
  for await (const name of folder.keys()) {
    if (Number.parseInt(name, 10) < Date.now() - KEPT_MS) await folder.removeEntry(name).catch(() => {});
  }
}

function memorySink(): Sink {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  return {
    write: async (piece) => void pieces.push(piece),
    finish: async () => new Blob(pieces),
    drop: async () => void pieces.splice(0),
  };
}
