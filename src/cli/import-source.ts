import { type Stats, accessSync, constants, createReadStream, fstatSync, statSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { CommandError } from './command-error.ts';

/** A file, or standard input, to import. */
export interface ImportSource {
  readonly name: string;
  /** Size on disk in bytes; 0 if unknown. */
  readonly size: number;
  /** A pipe that ends without data is an error: its writer failed. */
  readonly isPipe: boolean;
  /** @throws Error with a system error code, while it is read */
  readonly open: () => AsyncIterable<Buffer>;
}

/** Size of a read from a file. */
const READ_BYTES = 1_048_576;

const STANDARD_INPUT = 0;

/** @throws CommandError for a file that does not exist or cannot be read */
export function findSource(name: string): ImportSource {
  if (name === '-') {
    requireStandardInput();
    return { name, size: 0, isPipe: false, open: () => process.stdin };
  }
  const found = readableFile(name);
  return {
    name,
    size: found.size,
    isPipe: found.isFIFO(),
    open: () => createReadStream(name, { highWaterMark: READ_BYTES }),
  };
}

const FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such folder',
  EACCES: 'permission denied',
};

function readableFile(name: string): Stats {
  try {
    const found = statSync(name);
    if (found.isDirectory()) throw new CommandError(`${name} is a directory.`);
    accessSync(name, constants.R_OK);
    return found;
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`Cannot read ${name}: ${failureOf(cause)}.`, { cause });
  }
}

/** The reason of a failed read, in a few words. */
export function failureOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return FAILURES[code] ?? code;
}

function requireStandardInput(): void {
  const found = fstatSync(STANDARD_INPUT);
  if (found.isDirectory()) throw new CommandError('Standard input is a directory.');
  if (isClosed(found)) throw new CommandError('Standard input is closed: there is nothing to import.');
}

/** Node replaces a closed standard input by the null device, open for reading and writing; `< /dev/null` is read-only. */
function isClosed(standardInput: Stats): boolean {
  if (!standardInput.isCharacterDevice() || isatty(STANDARD_INPUT)) return false;
  if (standardInput.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev) return false;
  try {
    writeSync(STANDARD_INPUT, ' ');
    return true;
  } catch {
    return false;
  }
}
