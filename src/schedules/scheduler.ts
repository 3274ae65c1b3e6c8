import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Holder } from '../fair-share/holder.ts';
import { timeSlices } from '../lib/event-loop.ts';
import { type RunWork, attempted, begun } from './attempt.ts';
import { nextTime } from './cron.ts';
import { delivered, surplusDeliveries } from './delivery.ts';
import { dueRun, wasClockAhead } from './due-run.ts';
import type { Lease } from './lease.ts';
import { type Run, isAttemptDue, isCallDue, isOpen } from './stored-run.ts';
import type { Schedule, TimedSchedule } from './schedule.ts';
import type { ScheduleRuns } from './schedule-runs.ts';
import type { ScheduleStore } from './schedule-store.ts';
import { WebhookError, callWebhook } from './webhook.ts';
import { eventBody, eventId } from './webhook-event.ts';

/** How often the scheduler looks for runs that are due. Cron lines have no seconds. */
const PASS_MS = 5_000;

/** Runs in progress or queued; others are started later. */
const MAX_BUSY = 1_000;

export interface SchedulerParts {
  readonly schedules: ScheduleStore;
  readonly runs: ScheduleRuns;
  readonly work: RunWork;
  readonly lease: Lease;
  /** Runs and calls of webhooks at once. */
  readonly share: FairShare;
  /** What the calls of a schedule's webhook are signed with. */
  readonly secretOf: (scheduleId: string) => string;
  readonly allowsPrivateWebhooks: boolean;
  readonly log: Logger;
  /** Told how runs have ended. */
  readonly onEnded: (state: 'done' | 'failed') => void;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The stored runs that this process needs. */
interface ScheduleState {
  /** The last run of each schedule. */
  readonly last: Map<string, Run>;
  /** Runs with something to do, by `keyOf`. */
  readonly open: Map<string, Run>;
}

const keyOf = ({ scheduleId, dueAt }: Run): string => `${scheduleId} ${dueAt}`;

/** What a pass found of a schedule: it is not due before `next` unless it is changed. Unix milliseconds. */
interface PollResult {
  readonly schedule: TimedSchedule;
  readonly at: number;
  readonly next: number;
  /** When this process noticed that the schedule was last run or changed by a clock that was ahead; undefined: it was not. */
  readonly ahead: number | undefined;
}

/**
 * Runs the schedules of all owners while this process has the lease. Each step is stored before and after it, so that the process that
 * takes over repeats the steps that were not completed.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  /** undefined: to be read from ClickHouse. */
  #state: ScheduleState | undefined;
  /** By schedule: one run of each at a time. */
  readonly #busy = new Map<string, Promise<void>>();
  /** By schedule. Cached, since finding the times of a cron line takes up to some milliseconds. */
  #polled: ReadonlyMap<string, PollResult> = new Map();
  #passing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = stopper();
  #hasLease = false;
  #isPassing = false;
  #isClosed = false;
  #hasFailed = false;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  /** Starts looking for runs that are due, every `PASS_MS`. */
  start(): void {
    this.#timer = setInterval(() => {
      if (!this.#isPassing) void this.#pass();
    }, PASS_MS);
    this.#timer.unref();
    void this.#pass();
  }

  /** Does everything that is due, also for schedules with a run in progress; settles when nothing is left. */
  async runDue(): Promise<void> {
    do {
      await Promise.all(this.#busy.values());
      await this.#pass();
    } while (this.#busy.size > 0);
  }

  /** Ends the runs in progress, which are repeated later, and lets another instance take over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#passing;
    await Promise.all(this.#busy.values());
    await this.#parts.lease.release();
  }

  /** One pass after the other. */
  async #pass(): Promise<void> {
    const before = this.#passing;
    this.#passing = (async () => {
      await before;
      await this.#passNow();
    })();
    return this.#passing;
  }

  async #passNow(): Promise<void> {
    if (this.#isClosed) return;
    this.#isPassing = true;
    try {
      await this.#beginDue();
      this.#hasFailed = false;
    } catch (error) {
      this.#state = undefined;
      if (!this.#hasFailed) this.#warn(error, 'schedules wait: what is due could not be looked up');
      this.#hasFailed = true;
    } finally {
      this.#isPassing = false;
    }
  }

  async #beginDue(): Promise<void> {
    const { lease, runs, schedules, now } = this.#parts;
    if (!(await lease.hold())) {
      this.#state = undefined;
      this.#hasLease = false;
      this.#stopped.abort();
      this.#stopped = stopper();
      return;
    }
    if (!this.#hasLease) await runs.takeOver();
    this.#hasLease = true;
    const state = (this.#state ??= await this.#readState());
    const live = new Map((await schedules.timetable()).map((schedule) => [schedule.id, schedule]));
    const at = now();
    await this.#addDue(state, live, at);
    const { signal } = this.#stopped;
    const open = [...state.open.values()].filter(({ scheduleId }) => !this.#busy.has(scheduleId));
    for (const run of surplusDeliveries(open)) await this.#store(run);
    // A webhook that fails does not hold up the runs of its schedule.
    const byUrgency = (one: Run, other: Run): number =>
      Number(one.nextAt === null) - Number(other.nextAt === null) || one.dueAt - other.dueAt;
    for (const run of [...state.open.values()].toSorted(byUrgency)) {
      const schedule = live.get(run.scheduleId);
      if (schedule === undefined) state.open.delete(keyOf(run));
      else if (this.#busy.size >= MAX_BUSY) return;
      else if ((isAttemptDue(run, at) || isCallDue(run, at)) && !this.#busy.has(schedule.id)) {
        this.#begin(schedule, run, signal);
      }
    }
  }

  async #readState(): Promise<ScheduleState> {
    const { runs } = this.#parts;
    const [last, open] = await Promise.all([runs.last(), runs.open()]);
    return {
      last: new Map(last.map((run) => [run.scheduleId, run])),
      open: new Map(open.map((run) => [keyOf(run), run])),
    };
  }

  /** Adds the runs that have become due. */
  async #addDue(state: ScheduleState, live: ReadonlyMap<string, TimedSchedule>, at: number): Promise<void> {
    const due: { readonly run: Run; readonly before: Run | undefined }[] = [];
    const polled = new Map<string, PollResult>();
    const yieldIfDue = timeSlices();
    for (const [id, schedule] of live) {
      const known = this.#polled.get(id);
      // With `known.at > at` the clock was set back, so it has to be looked at again.
      const isQuiet = known?.schedule === schedule && known.at <= at && at < known.next;
      const isBusy = this.#busy.has(id);
      if (known !== undefined && (isQuiet || isBusy)) polled.set(id, known);
      if (isQuiet || isBusy) continue;
      const before = state.last.get(id);
      const ahead = wasClockAhead(schedule, before, at) ? (known?.ahead ?? at) : undefined;
      const run = dueRun(schedule, before, at, ahead);
      if (run !== undefined) due.push({ run, before });
      polled.set(id, { schedule, at, next: nextTime(schedule.times, at) ?? Infinity, ahead });
      await yieldIfDue();
    }
    const written = await this.#parts.runs.write(
      due.flatMap(({ run, before }) => [
        { run, isLast: true },
        ...(before === undefined || before.dueAt === run.dueAt ? [] : [{ run: before, isLast: false }]),
      ]),
    );
    // Set only now: if the write has failed, these runs are due again at the next pass.
    this.#polled = polled;
    const lastOnes = new Set(due.map(({ run }) => keyOf(run)));
    for (const run of written) {
      if (lastOnes.has(keyOf(run))) state.last.set(run.scheduleId, run);
      if (isOpen(run)) state.open.set(keyOf(run), run);
    }
  }

  #begin({ id, ownerId }: TimedSchedule, run: Run, signal: AbortSignal): void {
    const holder = { kind: 'owner', name: ownerId } as const;
    const steps = this.#inShare(holder, run, signal)
      .catch((error: unknown) => {
        if (signal.aborted) return;
        this.#state = undefined;
        this.#warn(error, 'a run of a schedule was interrupted');
      })
      .finally(() => this.#busy.delete(id));
    this.#busy.set(id, steps);
  }

  /** Runs one step in the owner's share; the slot is released while it waits for an export. */
  async #inShare(holder: Holder, run: Run, signal: AbortSignal): Promise<void> {
    const { share, schedules, work } = this.#parts;
    let lease = await share.acquire(holder, { signal });
    const exported: RunWork['exported'] = async (...sent) => {
      lease.release();
      try {
        return await work.exported(...sent);
      } finally {
        if (!signal.aborted) lease = await share.acquire(holder, { signal });
      }
    };
    try {
      const schedule = await schedules.find(holder.name, run.scheduleId);
      if (schedule !== undefined) await this.#steps(schedule, run, { ...work, exported }, signal);
    } finally {
      lease.release();
    }
  }

  /** What a run has to do next. */
  async #steps(schedule: Schedule, waiting: Run, work: RunWork, signal: AbortSignal): Promise<void> {
    const { now } = this.#parts;
    let run = waiting;
    const put = async (changed: Run): Promise<Run> => (run = await this.#store(changed));
    if (isAttemptDue(run, now())) {
      await put(await begun(schedule, run, now(), work));
      const onFault = (error: unknown): void => this.#warn(error, 'a run of a schedule has failed');
      await put(await attempted(schedule, run, { work, put, now, signal, onFault }));
      if (run.state === 'done' || run.state === 'failed') this.#parts.onEnded(run.state);
    }
    if (isCallDue(run, now())) {
      await put(await delivered(run, (at) => this.#call(schedule, run, at, signal), now));
    }
  }

  async #call(schedule: Schedule, run: Run, at: number, signal: AbortSignal): Promise<void> {
    const { secretOf, allowsPrivateWebhooks: allowsPrivate } = this.#parts;
    const { id, webhookUrl: url } = schedule;
    if (url === null) throw new WebhookError('The schedule has no webhook any more.');
    const call = {
      url,
      secret: secretOf(id),
      id: eventId(run),
      body: eventBody(schedule, run),
      at,
    };
    await callWebhook(call, { allowsPrivate, signal });
  }

  /** @returns the run as it is stored */
  async #store(changed: Run): Promise<Run> {
    const last = this.#state?.last.get(changed.scheduleId);
    const isLast = last === undefined || last.dueAt === changed.dueAt;
    const [run = changed] = await this.#parts.runs.write([{ run: changed, isLast }]);
    if (isLast) this.#state?.last.set(run.scheduleId, run);
    if (isOpen(run)) this.#state?.open.set(keyOf(run), run);
    else this.#state?.open.delete(keyOf(run));
    return run;
  }

  #warn(error: unknown, message: string): void {
    this.#parts.log.warn({ failure: failureName(error) }, message);
  }
}

/** Aborts all runs at once. */
function stopper(): AbortController {
  const stopped = new AbortController();
  setMaxListeners(0, stopped.signal);
  return stopped;
}
