import { createHmac } from 'node:crypto';
import { type LookupAddress, lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type LookupFunction, isIP } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { isPublicAddress } from './public-address.ts';

/** Until the response's head has come. */
const TIMEOUT_MS = 10_000;

/** Why a webhook was not delivered: a sentence for its owner. */
export class WebhookError extends Error {}

export interface WebhookCall {
  readonly url: string;
  readonly secret: string;
  /** The same at each attempt. */
  readonly id: string;
  readonly body: string;
  /** When this attempt is made, Unix milliseconds. */
  readonly at: number;
}

export interface WebhookOptions {
  /** Whether addresses that are not of the public internet are called. */
  readonly allowsPrivate: boolean;
  readonly signal: AbortSignal;
  /** How names are resolved. */
  readonly lookup?: typeof lookup;
  readonly timeoutMs?: number;
}

/** The secret of a schedule's webhook, which its owner is shown once. It is derived, so it is stored nowhere. */
export function webhookSecret(key: string, scheduleId: string): string {
  return `whsec_${createHmac('sha256', key).update(`webhook of schedule ${scheduleId}`).digest('base64')}`;
}

/** Whether a URL names, in place of a name that is looked up, an address that is not of the public internet. */
export function isPrivateHost({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) !== 0 && !isPublicAddress(host);
}

/**
 * Calls a webhook, signed as Standard Webhooks has it. Redirects are not followed, and of the response only the status is read.
 * @throws WebhookError unless the status is 200 to 299; the signal's reason where it aborts
 */
export async function callWebhook(
  { url, secret, id, body, at }: WebhookCall,
  { allowsPrivate, signal, timeoutMs = TIMEOUT_MS, ...options }: WebhookOptions,
): Promise<void> {
  const target = new URL(url);
  // An address is connected to without a look-up.
  if (!allowsPrivate && isPrivateHost(target)) throw notPublic();
  const reply = statusOf(target, body, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    lookup: allowsPrivate ? undefined : publicLookup(options.lookup ?? lookup),
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Spoor-Webhooks',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
    },
  });
  const status = await reply.catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  if (status >= 200 && status <= 299) return;
  const hint = status >= 300 && status <= 399 ? ', and redirects are not followed' : '';
  throw new WebhookError(`The webhook responded with status ${status}${hint}.`);
}

interface Sent {
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

async function statusOf(target: URL, body: string, { signal, lookup, headers }: Sent): Promise<number> {
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is there was made to an address of another time.
    const options = {
      method: 'POST',
      agent: false,
      signal,
      headers: { ...headers },
      ...(lookup && { lookup }),
    };
    const sent = send(target, options, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on('error', (error) => reject(explained(error)));
    sent.end(body);
  });
}

/** Resolves names to public addresses alone: what it says is what is connected to, whatever the name says the next time. */
function publicLookup(resolve: typeof lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const found: readonly LookupAddress[] = error === null ? addresses : [];
      const [first, ...others] = found.filter(({ address }) => isPublicAddress(address));
      if (error !== null) callback(error, '');
      else if (first === undefined) callback(notPublic(), '');
      else if (options.all === true) callback(null, [first, ...others]);
      else callback(null, first.address, first.family);
    });
  };
}

function notPublic(): WebhookError {
  return new WebhookError('The address of the webhook is not one of the public internet.');
}

function explained(error: NodeJS.ErrnoException): WebhookError {
  if (error instanceof WebhookError) return error;
  const isLate = error.name === 'AbortError' || error.name === 'TimeoutError';
  const reason = isLate ? 'no response in time' : (error.code ?? 'no connection');
  return new WebhookError(`The webhook could not be called: ${reason}.`);
}
