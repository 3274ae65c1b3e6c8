import { PassThrough, Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { writeBytes } from '../../../src/http/response/write-bytes.ts';
import { isLent, lendPieces, takeReadBuffer } from '../../../src/lib/read-buffers.ts';

function lentPiece(): Buffer {
  const whole = takeReadBuffer();
  const [piece] = lendPieces(whole, whole.length, [[0, whole.length]]);
  if (piece === undefined) throw new Error('There is no piece.');
  return piece;
}

async function* piecesOf(pieces: readonly Buffer[], onEnd: () => void): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } finally {
    onEnd();
  }
}

test('a piece is given back once it has been taken, not before', async () => {
  const pieces = [lentPiece(), lentPiece()];
  const wereLent: boolean[] = [];
  const into = new Writable({
    write: (chunk: Buffer, _encoding, taken) => {
      wereLent.push(isLent(chunk));
      setImmediate(taken);
    },
  });
  await writeBytes(
    piecesOf(pieces, () => {}),
    into,
  );
  expect(wereLent).toEqual([true, true]);
  expect(pieces.map(isLent)).toEqual([false, false]);
});

test.each([
  ['while it waits for the reader', (into: Writable) => void setImmediate(() => into.destroy())],
  ['before the first piece', (into: Writable) => void into.destroy()],
])('a stream that closes %s is a failure, and its source is ended', async (_when, close) => {
  // Nobody reads it, so the first piece is more than it takes.
  const into = new PassThrough();
  const piece = lentPiece();
  let isEnded = false;
  close(into);
  const written = writeBytes(
    piecesOf([piece, lentPiece()], () => (isEnded = true)),
    into,
  );
  await expect(written).rejects.toThrow();
  expect(isEnded).toBe(true);
});

test('what the source throws is thrown, and the stream is destroyed', async () => {
  const into = new PassThrough().resume();
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('some');
    throw new Error('broken');
  }
  await expect(writeBytes(broken(), into)).rejects.toThrow('broken');
  expect(into.destroyed).toBe(true);
});
