import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from './command-error.ts';
import { failureOf } from './import-source.ts';

const READ_BYTES = 262_144;
const LOOK_EVERY_MS = 200;
/** How long the file that was renamed is still read once the new one has content: some writers change over later. */
const RENAMED_FOR_MS = 2_000;

/** The last bytes read are read again: others in their place tell that the file was cut and has grown since. */
const LAST_BYTES = 1_024;

const NOTHING = Buffer.alloc(0);
const LINE_END = Buffer.from('\n');

/**
 * The content of a file and whatever is appended to it, until `signal` is aborted. It waits for a file that does not exist.
 * When another file takes its name, what was still written to the former one comes first; when it is cut or
 * written anew, it is read from its start. A last line without a line end gets one then.
 * @throws CommandError for a file that cannot be read
 */
export async function* grownFile(name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  while (!signal.aborted) {
    const file = await opened(name);
    if (file === undefined) {
      await pause(signal);
      continue;
    }
    try {
      yield* contentOf(file, name, signal);
    } finally {
      await file.close();
    }
  }
}

/** Ends when another file has the name and this one gets nothing more. */
async function* contentOf(file: FileHandle, name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const own = await file.stat();
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let position = 0;
  let last = NOTHING;
  let replacedFor = 0;
  while (!signal.aborted) {
    const from = position - last.length;
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, from);
    const found = buffer.subarray(0, bytesRead);
    if (!found.subarray(0, last.length).equals(last)) {
      yield* lineEndAfter(last);
      [position, last] = [0, NOTHING];
      continue;
    }
    if (found.length > last.length) {
      // A copy: pieces may wait long, and each would hold the whole buffer.
      const appended = Buffer.from(found.subarray(last.length));
      position += appended.length;
      last = Buffer.from(found.subarray(-LAST_BYTES));
      replacedFor = 0;
      yield appended;
      continue;
    }
    if (replacedFor > RENAMED_FOR_MS) {
      yield* lineEndAfter(last);
      return;
    }
    const named = await stat(name).catch(() => undefined);
    // An empty one has just been made: the writer has not opened it.
    const isReplaced =
      named !== undefined && (named.ino !== own.ino || named.dev !== own.dev) && named.size > 0;
    replacedFor = isReplaced ? replacedFor + LOOK_EVERY_MS : 0;
    await pause(signal);
  }
}

/** What was cut off or renamed never gets its line end. */
function lineEndAfter(last: Buffer): readonly Buffer[] {
  return last.length === 0 || last.at(-1) === LINE_END[0] ? [] : [LINE_END];
}

async function opened(name: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(name);
    if (!(await file.stat()).isDirectory()) return file;
    await file.close();
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT')
      return undefined;
    throw new CommandError(`Cannot read ${name}: ${failureOf(cause)}.`, { cause });
  }
  throw new CommandError(`${name} is a directory.`);
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
}
