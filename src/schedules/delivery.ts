import { WEBHOOK_DELAYS, nextAttempt } from './back-off.ts';
import type { Delivery, EventName, Run } from './stored-run.ts';
import { WebhookError } from './webhook.ts';

/** The call of a webhook that is due at once. @param at Unix milliseconds */
export function newDelivery(event: EventName, at: number): Delivery {
  return { event, at, state: 'waiting', attempts: 0, nextAt: at, error: null };
}

/** Calls of one webhook that may wait to be tried again; of more, only the newest do. */
export const MAX_WAITING_CALLS = 100;

const SURPLUS = `More than ${MAX_WAITING_CALLS} calls of the webhook were waiting: it was given up for newer ones.`;

/**
 * The calls that are given up because too many of their schedules wait.
 * @param open runs with something to do
 * @returns those runs as they are then
 */
export function surplusDeliveries(open: readonly Run[]): readonly Run[] {
  const waiting = new Map<string, number>();
  return open
    .filter(({ nextAt }) => nextAt === null)
    .toSorted((one, other) => other.dueAt - one.dueAt)
    .flatMap((run): readonly Run[] => {
      const { scheduleId, delivery } = run;
      const newer = waiting.get(scheduleId) ?? 0;
      waiting.set(scheduleId, newer + 1);
      if (delivery === null || newer < MAX_WAITING_CALLS) return [];
      return [{ ...run, delivery: { ...delivery, state: 'failed', nextAt: null, error: SURPLUS } }];
    });
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
