import { WEBHOOK_DELAYS, nextAttempt } from './back-off.ts';
import type { Delivery, EventName, Run } from './run.ts';
import { WebhookError } from './webhook.ts';

/** The call of a webhook that is due at once. @param at Unix milliseconds */
export function newDelivery(event: EventName, at: number): Delivery {
  return { event, at, state: 'waiting', attempts: 0, nextAt: at, error: null };
}

/**
 * Calls the webhook of a run.
 * @param call given the moment of the attempt, Unix milliseconds
 * @returns the run as it is now: delivered, or failed, or waiting for the next attempt
 */
export async function delivered(
  run: Run,
  call: (at: number) => Promise<void>,
  now: () => number,
): Promise<Run> {
  if (run.delivery === null) return run;
  const attempts = run.delivery.attempts + 1;
  const delivery: Delivery = { ...run.delivery, attempts };
  try {
    await call(now());
    return { ...run, delivery: { ...delivery, state: 'delivered', nextAt: null, error: null } };
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    const nextAt = nextAttempt(WEBHOOK_DELAYS, attempts, now()) ?? null;
    const state = nextAt === null ? 'failed' : 'waiting';
    return { ...run, delivery: { ...delivery, state, nextAt, error: error.message } };
  }
}
