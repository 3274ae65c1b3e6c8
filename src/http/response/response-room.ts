import { type AppError, invalid } from '../../errors.ts';

/** The largest response to a stats request, for one query or a batch. It is held in memory. */
export const MAX_RESPONSE_BYTES = 64 * 1_048_576;

/** Counts the bytes that a response may still have. */
export class ResponseRoom {
  #left: number;

  constructor(bytes = MAX_RESPONSE_BYTES) {
    this.#left = bytes;
  }

  /** @throws AppError 400 where there is less room */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw tooLarge();
  }
}

function tooLarge(): AppError {
  return invalid(
    'limit',
    `The response would have more than ${MAX_RESPONSE_BYTES / 1_048_576} MiB: ask with a smaller limit, for fewer dimensions or metrics, or for an export.`,
  );
}
