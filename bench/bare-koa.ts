import { once } from 'node:events';
import Koa from 'koa';

// A process that does what any service on Koa does at least: read a body, parse it, answer with JSON.
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
process.send?.(typeof address === 'object' ? address?.port : undefined);
