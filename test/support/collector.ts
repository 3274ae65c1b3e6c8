import { once } from 'node:events';
import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** An OpenTelemetry collector that keeps what it is sent. */
export interface Collector {
  readonly url: string;
  readonly received: readonly {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: any;
  }[];
  readonly close: () => void;
}

/** @param status what it answers */
export async function startCollector(status = 200): Promise<Collector> {
  const received: { path: string; headers: IncomingHttpHeaders; body: any }[] = [];
  const server = createServer((request, response) => {
    const take = async (): Promise<void> => {
      received.push({ path: request.url ?? '', headers: request.headers, body: await json(request) });
      response.writeHead(status, { connection: 'close' }).end('{}');
    };
    void take();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, close: () => server.close() };
}
