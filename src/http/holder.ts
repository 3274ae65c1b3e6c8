import type { Holder } from '../fair-share/holder.ts';
import { clientAddress, networkOf } from './client-address.ts';
import type { Context } from './context.ts';
import type { Services } from './services.ts';

/** Whom a request counts against: the key's owner, else the client's network. Clients that are gone share one name. */
export function holderOf({ proxies }: Pick<Services, 'proxies'>, ctx: Context): Holder {
  const { principal } = ctx.state;
  if (principal !== undefined) return { kind: 'owner', name: principal.ownerId };
  return { kind: 'stranger', name: networkNameOf(ctx, proxies) };
}

/** The network a request comes from, past so many proxies. */
export function networkNameOf(ctx: Context, proxies: number): string {
  const address = clientAddress(ctx.req.socket.remoteAddress, ctx.get('x-forwarded-for'), proxies);
  return address === undefined ? 'none' : networkOf(address);
}
