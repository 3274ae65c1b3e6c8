/** Bytes of a request line with its headers; room for a filter of thousands of values. */
export const MAX_HEADER_BYTES = 131_072;
export const MAX_HEADERS = 2_000;

/** A body that has not arrived so long after its reading began is cut off, whatever its pace. */
export const BODY_DEADLINE_MS = 300_000;
