import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';

// Started by stats-repeat with a file that holds one response: sends it, headers and body, for every request.
const response: { headers: Record<string, string>; body: string } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
);
const body = Buffer.from(response.body);
const app = new Koa();
app.use((ctx) => {
  ctx.set(response.headers);
  ctx.body = body;
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address() as AddressInfo;
  console.log(address.port);
});
