import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import Koa from 'koa';

// A thread that does what any service on Koa does at least: read a body, parse it, answer with JSON.
const app = new Koa();
app.use(async (ctx) => {
  const pieces: Buffer[] = [];
  for await (const piece of ctx.req) pieces.push(piece);
  JSON.parse(Buffer.concat(pieces).toString('utf8'));
  ctx.body = { accepted: 1, rejected: [] };
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
// The rule means a browser's windows.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(typeof address === 'object' ? address?.port : undefined);
