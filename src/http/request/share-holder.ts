import type { Holder } from '../../fair-share/holder.ts';
import { clientNetwork } from './client-address.ts';
import type { Context } from './context.ts';
import type { Services } from './services.ts';

/** Whom a request counts against: the key's owner, else the client's network. */
export function holderOf({ proxies }: Pick<Services, 'proxies'>, ctx: Context): Holder {
  const { principal } = ctx.state;
  if (principal !== undefined) return { kind: 'owner', name: principal.ownerId };
  return { kind: 'anonymous', name: clientNetwork(ctx.req, proxies) };
}
