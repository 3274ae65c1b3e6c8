import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AppError } from '../../errors.ts';
import type { CommonHeaders } from '../response/common-headers.ts';
import { errorBody, errorHeaders } from '../response/error-response.ts';

/** Sends errors where no route does. */
export interface Refusals {
  /** Responds to a request that no route has begun to respond to, and has its connection closed after that. */
  readonly refuse: (response: ServerResponse, error: AppError) => void;
  /** The same where there is not even a request. No other response may be under way on the connection. */
  readonly refuseBytes: (socket: Socket, error: AppError) => void;
}

export function refusals(headersOf: CommonHeaders): Refusals {
  const refuse: Refusals['refuse'] = (response, error) => {
    const body = JSON.stringify(errorBody(error));
    response.shouldKeepAlive = false;
    const own = {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      ...errorHeaders(error),
    };
    response.writeHead(error.status, [...headersOf(response.req), ...Object.entries(own).flat()]);
    response.end(body);
  };
  return {
    refuse,
    refuseBytes: (socket, error) => {
      const response = new ServerResponse(new IncomingMessage(socket));
      response.assignSocket(socket);
      response.once('finish', () => {
        response.detachSocket(socket);
        socket.destroySoon();
      });
      refuse(response, error);
    },
  };
}
