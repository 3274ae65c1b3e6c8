import { spawn } from 'node:child_process';
import { Readable, pipeline } from 'node:stream';
import zlib from 'node:zlib';
import { AppError } from '../../errors.ts';
import { peek } from './peek.ts';

/** A way in which files are packed, recognised by their first bytes. */
interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  /** Node's own decompressor, where it has one; else the program of the system is used. */
  readonly createDecompressor: (() => NodeJS.ReadWriteStream) | undefined;
  readonly program: string;
  /** Its arguments. A stranger's file must not make it take much memory. */
  readonly args: readonly string[];
}

const CHUNK_BYTES = 1 << 18;

type WithZstd = { readonly createZstdDecompress: () => NodeJS.ReadWriteStream };

/** Node 20 does not have it. */
function zstdDecompressor(module: object): (() => NodeJS.ReadWriteStream) | undefined {
  return hasZstd(module) ? () => module.createZstdDecompress() : undefined;
}

function hasZstd(module: object): module is WithZstd {
  return 'createZstdDecompress' in module;
}

const PACKINGS: readonly Packing[] = [
  {
    name: 'gzip',
    magic: [0x1f, 0x8b],
    createDecompressor: () => zlib.createGunzip({ chunkSize: CHUNK_BYTES }),
    program: 'gzip',
    args: ['-dc'],
  },
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    createDecompressor: zstdDecompressor(zlib),
    program: 'zstd',
    args: ['-dc', '--memory=128MB'],
  },
  {
    name: 'bzip2',
    magic: [0x42, 0x5a, 0x68],
    createDecompressor: undefined,
    program: 'bzip2',
    args: ['-dc'],
  },
  {
    name: 'xz',
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    createDecompressor: undefined,
    program: 'xz',
    args: ['-dc', '--memlimit-decompress=128MiB'],
  },
];

const MOST_MAGIC_BYTES = Math.max(...PACKINGS.map(({ magic }) => magic.length));

/**
 * The content of a file, unpacked if its first bytes say that it is packed.
 * @throws AppError while it is read, for damaged data or a program that is not installed
 */
export async function* unpacked(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { start, whole } = await peek(stream, MOST_MAGIC_BYTES);
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, place) => start[place] === byte));
  if (packing === undefined) yield* whole;
  else if (packing.createDecompressor === undefined) yield* byProgram(whole, packing);
  else yield* byNode(whole, packing.createDecompressor(), packing.name);
}

async function* byNode(
  packed: AsyncIterable<Buffer>,
  decompressor: NodeJS.ReadWriteStream,
  name: string,
): AsyncGenerator<Buffer> {
  // The pipeline's error also reaches the loop below, which handles it.
  pipeline(Readable.from(packed), decompressor, () => {});
  try {
    for await (const chunk of decompressor) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (cause) {
    throw cause instanceof AppError ? cause : damaged(name, cause);
  }
}

async function* byProgram(
  packed: AsyncIterable<Buffer>,
  { name, program, args }: Packing,
): AsyncGenerator<Buffer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  // Awaited once the output has ended.
  ended.catch(() => {});
  let cut: AppError | undefined;
  pipeline(Readable.from(packed), child.stdin, (error) => {
    // A program that ends early has said so by its exit code.
    if (error instanceof AppError) cut = error;
  });
  try {
    for await (const chunk of child.stdout) if (Buffer.isBuffer(chunk)) yield chunk;
    const code = await ended.catch((cause: unknown) => {
      throw new AppError(
        'unsupported_media_type',
        `It is packed with ${name}, and the program ${program} that unpacks it cannot be run: install it, or unpack the file first.`,
        { cause },
      );
    });
    if (code !== 0) throw cut ?? damaged(name, undefined);
  } finally {
    child.kill();
  }
}

function damaged(name: string, cause: unknown): AppError {
  return new AppError('validation_error', `The ${name} data is damaged or truncated.`, {
    field: 'body',
    cause,
  });
}
