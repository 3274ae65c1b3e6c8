import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FileRecord, RecordSplitter } from '../clicks/import/records.ts';
import { CommandError } from './errors.ts';

/** The records of a stream of bytes, unpacked when it is gzip; those of a piece come together, a wait for each would cost more. */
export async function* recordsOf(
  stream: AsyncIterable<Buffer>,
  splitter: RecordSplitter,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Iterable<FileRecord>> {
  const decoder = new TextDecoder();
  for await (const bytes of unpacked(counted(stream, onBytes))) {
    yield splitter.push(decoder.decode(bytes, { stream: true }));
  }
  yield splitter.push(decoder.decode());
  yield splitter.end();
}

async function* counted(
  stream: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    onBytes(bytes);
    yield chunk;
  }
}

/** Gzip is known by its first two bytes, whatever the file is called. */
async function* unpacked(stream: AsyncGenerator<Buffer>): AsyncGenerator<Uint8Array> {
  const first = await stream.next();
  if (first.done === true) return;
  async function* whole(): AsyncGenerator<Buffer> {
    if (first.done !== true) yield first.value;
    yield* stream;
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* whole();
  // The pipeline's own error is that of the unpacked side, which the loop below meets.
  const unzipped = pipeline(Readable.from(whole()), createGunzip(), () => {});
  try {
    for await (const chunk of unzipped) if (chunk instanceof Uint8Array) yield chunk;
  } catch (cause) {
    throw new CommandError('The gzip data is damaged or cut off.', { cause });
  }
}
