import { type Stats, accessSync, constants, createReadStream, fstatSync, statSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { IMPORT_FORMAT_NAMES, type ImportFormatName, formatOfFile } from '../clicks/import/formats.ts';
import { CommandError } from './error-messages.ts';

/** A file, or standard input, that is to be imported. */
export interface ImportSource {
  readonly name: string;
  readonly format: ImportFormatName;
  /** Bytes as they lie on disk; 0 where that is not known. */
  readonly size: number;
  /** Something always comes through it: that nothing did is a failure at its other end. */
  readonly isPipe: boolean;
  /** @throws Error with a system's code, as it is read */
  readonly open: () => AsyncIterable<Buffer>;
}

/** Read from a file at once. */
const READ_BYTES = 1_048_576;

const STANDARD_INPUT = 0;

/** @throws CommandError for what is not there or cannot be read, or whose format nothing tells */
export function findSource(name: string, given: ImportFormatName | undefined): ImportSource {
  const format = given ?? formatOfFile(name);
  if (format === undefined) {
    throw new CommandError(
      `${name}: the name does not tell its format; add --format ${IMPORT_FORMAT_NAMES.join('|')}.`,
      { exitCode: 2 },
    );
  }
  if (name === '-') {
    requireStandardInput();
    return { name, format, size: 0, isPipe: false, open: () => process.stdin };
  }
  const found = readableFile(name);
  return {
    name,
    format,
    size: found.size,
    isPipe: found.isFIFO(),
    open: () => createReadStream(name, { highWaterMark: READ_BYTES }),
  };
}

const FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such folder',
  EACCES: 'its permissions do not allow it',
};

function readableFile(name: string): Stats {
  try {
    const found = statSync(name);
    if (found.isDirectory()) throw new CommandError(`${name} is a directory.`);
    accessSync(name, constants.R_OK);
    return found;
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`${name} cannot be read: ${failureOf(cause)}.`, { cause });
  }
}

/** Why the system could not read something, in a few words. */
export function failureOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return FAILURES[code] ?? code;
}

function requireStandardInput(): void {
  const found = fstatSync(STANDARD_INPUT);
  if (found.isDirectory()) throw new CommandError('Standard input is a directory.');
  if (isClosed(found)) throw new CommandError('Standard input is closed: there is nothing to import.');
}

/** Node puts the null device in a closed one's place, open for writing too, which no `< /dev/null` is. */
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
