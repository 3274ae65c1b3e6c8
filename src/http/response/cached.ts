import type { SentAnswer } from '../../cache/response-cache.ts';
import { nameOf } from '../../cache/cache-keys.ts';
import type { Principal } from '../../keys/scopes.ts';
import type { Services } from '../request/services.ts';
import { findTenant } from '../request/tenant.ts';

/**
 * The answer to a question that was asked before in the same words, if it still holds for the one who asks.
 * @throws AppError as `findTenant`
 */
export async function findKept(
  services: Services,
  queryString: string,
  principal: Principal | undefined,
): Promise<SentAnswer | undefined> {
  const { answers } = services;
  const known = answers?.questions.find(queryString);
  if (answers === undefined || known === undefined) return undefined;
  const tenant = await findTenant(services, known.subject, principal);
  return answers.find({ name: nameOf(known, tenant), tenant });
}

/** The headers that statistics answers have in common. */
export const ANSWER_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'private, no-cache',
} as const;

export function etagOf({ tag }: SentAnswer): string {
  return `W/"${tag}"`;
}

/**
 * Whether an If-None-Match header names the tag, weak or strong. (Koa's `fresh` gives way to a `Cache-Control:
 * no-cache`, which fetch adds to such a request by itself.)
 */
export function namesTag(header: string, tag: string): boolean {
  if (header === '') return false;
  const named = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(`"${tag}"`);
}
