import { z } from 'zod';
import { RUN_DELAYS, WEBHOOK_DELAYS } from './back-off.ts';

export const RUN_STATES = ['waiting', 'running', 'done', 'failed'] as const;

export const DELIVERY_STATES = ['waiting', 'delivered', 'failed'] as const;

export const EVENTS = ['export.done', 'export.failed', 'alert.fired'] as const;
export type EventName = (typeof EVENTS)[number];

const instant = z.number();

const delivery = z.object({
  event: z.enum(EVENTS),
  /** Of what it tells: Unix milliseconds. */
  at: instant,
  state: z.enum(DELIVERY_STATES),
  attempts: z.number(),
  /** When to try next; null: not again. */
  nextAt: instant.nullable(),
  /** Why the last attempt failed, in a sentence. */
  error: z.string().nullable(),
});

/** The call of a webhook about a run. */
export type Delivery = Readonly<z.output<typeof delivery>>;

/** What of a run is stored as JSON. Times are Unix milliseconds. */
export const storedRun = z.object({
  state: z.enum(RUN_STATES),
  /** The last of the schedule's times that it serves. A run whose window is not written yet serves later times too. */
  servedUntil: instant,
  /** Fixed at the first attempt. */
  window: z.object({ from: instant, before: instant }).readonly().nullable(),
  /** Whether the window is by arrival, not by the time of the clicks. */
  isByArrival: z.boolean(),
  /** Attempts started since it was due. */
  attempts: z.number(),
  /** When to try next; null: it has ended. */
  nextAt: instant.nullable(),
  /** Why the last attempt failed, in a sentence. */
  error: z.string().nullable(),
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  /** The export that writes its file. */
  exportId: z.string().nullable(),
  /** Of a file that is written; rows are null where they are not counted. */
  file: z.object({ name: z.string(), rows: z.number().nullable(), bytes: z.number() }).readonly().nullable(),
  /** Of an alert that was measured. */
  measured: z
    .object({ value: z.number().nullable(), previous: z.number().nullable(), holds: z.boolean() })
    .readonly()
    .nullable(),
  /** The arrival time up to which earlier files of the schedule have the clicks; null: there is no earlier file. */
  arrivedBefore: instant.nullable(),
  /** Whether the condition held when it was measured before. */
  heldBefore: z.boolean(),
  delivery: delivery.readonly().nullable(),
});

/** One time of a schedule, and what came of it. */
export interface Run extends Readonly<z.output<typeof storedRun>> {
  readonly scheduleId: string;
  readonly ownerId: string;
  /** The time of the schedule, Unix milliseconds. */
  readonly dueAt: number;
  /** Of its row; 0: it has none. */
  readonly version: number;
}

/** Whether something of a run is still to be done. */
export function isOpen({ nextAt, delivery }: Pick<Run, 'nextAt' | 'delivery'>): boolean {
  return nextAt !== null || (delivery !== null && delivery.nextAt !== null);
}

/** When the next step of a run is due, Unix milliseconds; Infinity: never. */
export function nextStepAt({ nextAt, delivery }: Pick<Run, 'nextAt' | 'delivery'>): number {
  return Math.min(nextAt ?? Infinity, delivery?.nextAt ?? Infinity);
}

/** Whether an attempt of a run is due. */
export function isAttemptDue({ nextAt }: Pick<Run, 'nextAt'>, now: number): boolean {
  return isDue(nextAt, now, RUN_DELAYS);
}

/** Whether a call of the webhook about a run is due. */
export function isCallDue({ delivery }: Pick<Run, 'delivery'>, now: number): boolean {
  return isDue(delivery?.nextAt ?? null, now, WEBHOOK_DELAYS);
}

/** What lies further ahead than anything is put off was put off by a clock that was ahead. */
function isDue(at: number | null, now: number, delays: readonly number[]): boolean {
  return at !== null && (at <= now || at > now + Math.max(...delays));
}
