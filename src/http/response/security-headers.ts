import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

const SECURITY_HEADERS = {
  // A response of the API is data: nothing in it is to be run, loaded or framed.
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // Spoor speaks plain HTTP, on the loopback interface or behind a proxy. Whoever terminates TLS decides on HSTS.
  hsts: false,
} as const;

/** Names and values of the headers that stop a browser from running, sniffing or framing a response; the same for all. */
export function securityHeaderList(): readonly (readonly [string, string])[] {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(SECURITY_HEADERS)(request, response, (error) => {
    if (error !== undefined) throw error;
  });
  return response.getHeaderNames().map((name) => [name, String(response.getHeader(name))]);
}
