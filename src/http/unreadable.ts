/** Bytes of a request line with its headers; room for a filter of thousands of values. */
export const MAX_HEADER_BYTES = 131_072;

/** An answer to what is not HTTP, or cannot be read as it: Koa never sees it. */
export interface UnreadableAnswer {
  readonly status: number;
  readonly reason: string;
  readonly sentence: string;
}

/** By the code of Node's error. */
export const UNREADABLE: Readonly<Record<string, UnreadableAnswer>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    sentence: `The request line and headers are larger than ${MAX_HEADER_BYTES / 1_024} KiB.`,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    sentence: 'The request came too slowly.',
  },
};

export const NOT_HTTP: UnreadableAnswer = {
  status: 400,
  reason: 'Bad Request',
  sentence: 'The request is not valid HTTP.',
};
