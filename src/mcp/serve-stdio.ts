import { once } from 'node:events';
import { serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import { protocolServer } from './protocol-server.ts';
import type { Tools } from './tool.ts';

/** Serves a client of the protocol over standard input and output, until it closes standard input. */
export async function serveStdio(tools: Tools): Promise<void> {
  const ended = once(process.stdin, 'close');
  const connection = serve(() => protocolServer(tools), { maxSubscriptions: 0 });
  await ended;
  await connection.close();
}
