import { once } from 'node:events';
import Koa from 'koa';

// The least that a service on Koa can do: read a body, parse it, respond with JSON.
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
