import type { MessagePort } from 'node:worker_threads';
import { AppError, type ErrorCode, type ErrorStatus, unavailable } from '../errors.ts';

/** Functions that one side of a port offers to the other. Arguments and results are copied as `structuredClone` does. */
type Offer<Side> = { readonly [Name in keyof Side]: (...args: never[]) => unknown };

/** The functions that the other side of a port offers. */
export interface Remote<Side extends Offer<Side>> {
  /**
   * Calls one of them.
   * @param moved buffers in the arguments that are handed over in place of being copied
   * @throws what the function throws: an AppError keeps what clients are told of it; `unavailable` when the other side has ended
   */
  readonly call: <Name extends keyof Side & string>(
    name: Name,
    args: Parameters<Side[Name]>,
    moved?: readonly ArrayBuffer[],
  ) => Promise<Awaited<ReturnType<Side[Name]>>>;
  readonly close: () => void;
}

const movedBuffers = new WeakMap<object, readonly ArrayBuffer[]>();

/** Marks a result of which some buffers are handed over in place of being copied. */
export function moved<Result extends object>(result: Result, buffers: readonly ArrayBuffer[]): Result {
  movedBuffers.set(result, buffers);
  return result;
}

/** Bytes that are all of their buffer, so that it can be handed over: the same ones, or a copy. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: readonly never[] }
  | { readonly kind: 'result'; readonly id: number; readonly value: never }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure };

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

const ENDED = 'The thread that read the request has ended: send it again.';

/** Connects both sides of a port: what is offered here can be called there, and the other way round. */
export function connect<Theirs extends Offer<Theirs>>(port: MessagePort, offered: object): Remote<Theirs> {
  const functions = new Map<string, (...args: never[]) => unknown>(Object.entries(offered));
  const waiting = new Map<number, Waiting>();
  const failures = new Failures();
  let lastId = 0;
  const send = (message: Message, buffers: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, buffers);
  const answer = async (id: number, name: string, args: readonly never[]): Promise<void> => {
    try {
      const value = (await functions.get(name)?.(...args)) as never;
      send({ kind: 'result', id, value }, movedBuffers.get(value));
    } catch (error) {
      send({ kind: 'failure', id, failure: failures.pack(error) });
    }
  };
  port.on('message', (message: Message) => {
    if (message.kind === 'call') {
      void answer(message.id, message.name, message.args);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'result') call?.resolve(message.value);
    else call?.reject(failures.unpack(message.failure));
  });
  let isClosed = false;
  port.on('close', () => {
    isClosed = true;
    for (const { reject } of waiting.values()) reject(unavailable(ENDED));
    waiting.clear();
  });
  return {
    call: (name, args, buffers) =>
      new Promise<never>((resolve, reject) => {
        if (isClosed) throw unavailable(ENDED);
        const id = ++lastId;
        // Sent first: what cannot be copied is never answered.
        send({ kind: 'call', id, name, args }, buffers);
        waiting.set(id, { resolve, reject });
      }),
    close: () => port.close(),
  };
}

/** An error on its way to the other side. */
interface Failure {
  /** Its number among those of the side that it comes from. */
  readonly place: number;
  /** Whether it comes from the side that it is sent to. */
  readonly isReturned: boolean;
  readonly message: string;
  /** Of an AppError. */
  readonly app:
    | {
        readonly code: ErrorCode;
        readonly status: ErrorStatus;
        readonly field: string | undefined;
        readonly retryAfter: number | undefined;
      }
    | undefined;
}

/** Errors that cross a port. One that comes back is the very error that was sent, with its cause. */
class Failures {
  readonly #sent: unknown[] = [];
  readonly #received = new WeakMap<Error, number>();

  pack(error: unknown): Failure {
    const place = error instanceof Error ? this.#received.get(error) : undefined;
    const { message, app } = describe(error);
    if (place !== undefined) return { place, isReturned: true, message, app };
    return { place: this.#sent.push(error) - 1, isReturned: false, message, app };
  }

  unpack({ place, isReturned, message, app }: Failure): unknown {
    if (isReturned) return this.#sent[place];
    const { code, status = 500, field, retryAfter } = app ?? {};
    const error =
      code === undefined
        ? new Error(message)
        : new AppError(code, message, { status, field, ...(retryAfter !== undefined && { retryAfter }) });
    this.#received.set(error, place);
    return error;
  }
}

function describe(error: unknown): Pick<Failure, 'message' | 'app'> {
  if (!(error instanceof AppError))
    return { message: error instanceof Error ? error.message : String(error), app: undefined };
  const { message, code, status, field, retryAfter } = error;
  return { message, app: { code, status, field, retryAfter } };
}
