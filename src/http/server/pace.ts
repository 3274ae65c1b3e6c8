/** A client that sends less of a request's body, or takes less of a response, than this in the time it is given is cut off. */
const SLOWEST_BYTES = 65_536;

/** How fast bytes go one way on a connection. */
export class Pace {
  #bytes = 0;
  #since = performance.now();

  /** Says that the client is not to blame for what did not happen until now. */
  restart(bytes: number): void {
    this.#bytes = bytes;
    this.#since = performance.now();
  }

  /** @param bytes that have gone by since the connection was made */
  isTooSlow(bytes: number, slowestMs: number): boolean {
    if (bytes - this.#bytes >= SLOWEST_BYTES) this.restart(bytes);
    return performance.now() - this.#since > slowestMs;
  }
}
