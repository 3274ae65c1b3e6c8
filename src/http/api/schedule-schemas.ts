import { z } from 'zod';
import { EXPORTED } from '../../export-jobs/export-job.ts';
import { EVENTS, DELIVERY_STATES, RUN_STATES, type Run, nextStepAt } from '../../schedules/stored-run.ts';
import { nextTime } from '../../schedules/cron.ts';
import type { Schedule } from '../../schedules/schedule.ts';
import { SCHEDULE_RANGES } from '../../schedules/window.ts';
import { metricOf, METRIC_NAMES } from '../../stats/registry/metrics.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { timestampSchema } from '../response/timestamp-schema.ts';

/** The metrics that a condition can be about. */
export const MEASURED = METRIC_NAMES.filter((name) => metricOf(name).kind !== 'instant');

/** A condition as it is shown and sent. */
const conditionFields = {
  metric: z.enum(MEASURED),
  over: z.number().exactOptional(),
  under: z.number().exactOptional(),
  change: z.string().exactOptional(),
  against: z.literal('previous').exactOptional(),
};

const scheduleFields = {
  id: z.string().describe('Identifies the schedule.'),
  owner_id: z.string().describe('The owner whose schedule it is.'),
  name: z.string().nullable().describe('A note for people.'),
  cron: z.string().describe('When it runs: a cron line.'),
  timezone: z.string().describe('The zone that `cron` and `range` are in.'),
  range: z.enum(SCHEDULE_RANGES).describe('What each run is about.'),
  what: z.enum(EXPORTED).exactOptional().describe('What is exported. Not of an alert.'),
  format: z.string().exactOptional().describe('The format of the files. Not of an alert.'),
  destination: z
    .string()
    .nullable()
    .exactOptional()
    .describe("Where the files are sent; null: they are among the owner's exports. Not of an alert."),
  condition: z.strictObject(conditionFields).exactOptional().describe('What makes an alert. Only of one.'),
  webhook: z
    .strictObject({ url: z.string() })
    .nullable()
    .describe('What is called about runs; null: nothing.'),
  next_run_at: timestampSchema.nullable().describe('When it runs next.'),
  created_at: timestampSchema,
  changed_at: timestampSchema,
};

export const scheduleSchema = namedSchema(
  'Schedule',
  z
    .object(scheduleFields)
    .catchall(z.unknown())
    .describe('What is done again and again. Its other fields are the parameters that it was given.'),
);

export type ScheduleBody = z.output<typeof scheduleSchema.schema>;

export const newScheduleSchema = namedSchema(
  'NewSchedule',
  z
    .object({
      ...scheduleFields,
      webhook_secret: z
        .string()
        .exactOptional()
        .describe("What its webhook's calls are signed with. It is shown this once."),
    })
    .catchall(z.unknown())
    .describe('A schedule that was just created.'),
);

export type NewScheduleBody = z.output<typeof newScheduleSchema.schema>;

export const schedulesSchema = namedSchema(
  'Schedules',
  z
    .strictObject({ items: z.array(scheduleSchema.schema) })
    .describe('The schedules of an owner, the oldest first.'),
);

export const runSchema = namedSchema(
  'ScheduleRun',
  z
    .strictObject({
      due_at: timestampSchema.describe('The scheduled time of this run.'),
      status: z
        .enum(RUN_STATES)
        .describe(
          '`waiting`: for a free slot, or for the next attempt; `running`; `done`; `failed`: given up, `error` says why.',
        ),
      window: z
        .strictObject({ from: timestampSchema, before: timestampSchema })
        .nullable()
        .describe(
          'The range of the run, `before` not included: by the time of the clicks, or in an export with `range=since_last_run` by the time they arrived. Fixed at the first attempt.',
        ),
      attempts: z.int().min(0).describe('How often it was started.'),
      next_attempt_at: timestampSchema
        .nullable()
        .describe('When the run or its webhook is tried next; null: never.'),
      started_at: timestampSchema.nullable(),
      finished_at: timestampSchema.nullable(),
      error: z.string().nullable().describe('Why the run, or its latest attempt, failed.'),
      export_id: z.string().nullable().describe('The export that writes its file.'),
      file_name: z.string().nullable().describe('The name of the file, once it is complete.'),
      rows: z.int().min(0).nullable().describe('Rows in the file; null where they are not counted.'),
      bytes: z.int().min(0).nullable().describe('Bytes of the file.'),
      value: z.number().nullable().describe('The value that an alert measured.'),
      previous: z
        .number()
        .nullable()
        .describe('The value in the period before, if the condition is a change.'),
      condition_met: z.boolean().nullable().describe('Whether the condition was met.'),
      webhook: z
        .strictObject({
          event: z.enum(EVENTS),
          status: z.enum(DELIVERY_STATES),
          attempts: z.int().min(0),
          error: z.string().nullable().describe('Why the latest attempt failed.'),
        })
        .nullable()
        .describe('The call of the webhook about this run; null: there was none.'),
    })
    .describe('One run of a schedule.'),
);

export type RunBody = z.output<typeof runSchema.schema>;

export const runPageSchema = namedSchema(
  'ScheduleRuns',
  z
    .strictObject({
      items: z.array(runSchema.schema).describe('The newest first.'),
      next_cursor: z.string().nullable().describe('The `cursor` of the next page; null on the last.'),
    })
    .describe('A page of runs.'),
);

const iso = (instant: number): string => new Date(instant).toISOString();
const isoOrNull = (instant: number | null): string | null => (instant === null ? null : iso(instant));

/** A schedule as the API shows it. @param now Unix milliseconds */
export function presentSchedule(schedule: Schedule, now: number): ScheduleBody {
  const { id, ownerId, name, times, range, task, parameters, webhookUrl, createdAt, changedAt } = schedule;
  return {
    ...parameters,
    id,
    owner_id: ownerId,
    name,
    ...times,
    range,
    ...presentTask(task),
    webhook: webhookUrl === null ? null : { url: webhookUrl },
    next_run_at: isoOrNull(nextTime(times, now) ?? null),
    created_at: iso(createdAt),
    changed_at: iso(changedAt),
  };
}

function presentTask(task: Schedule['task']) {
  if (task.kind === 'export') {
    const { what, format, destination } = task;
    return { what, format, destination };
  }
  const { condition } = task;
  const { kind, metric } = condition;
  if (kind !== 'change') return { condition: { metric, [kind]: condition.bound } };
  const { percent } = condition;
  const change = `${percent > 0 ? '+' : ''}${percent}%`;
  return { condition: { metric, change, against: 'previous' as const } };
}

/** A run as the API shows it. */
export function presentRun(run: Run): RunBody {
  const { dueAt, state, window, attempts, startedAt, finishedAt, error, exportId, file, measured, delivery } =
    run;
  const next = nextStepAt(run);
  return {
    due_at: iso(dueAt),
    status: state,
    window: window && { from: iso(window.from), before: iso(window.before) },
    attempts,
    next_attempt_at: next === Infinity ? null : iso(next),
    started_at: isoOrNull(startedAt),
    finished_at: isoOrNull(finishedAt),
    error,
    export_id: exportId,
    file_name: file?.name ?? null,
    rows: file?.rows ?? null,
    bytes: file?.bytes ?? null,
    value: measured?.value ?? null,
    previous: measured?.previous ?? null,
    condition_met: measured?.holds ?? null,
    webhook: delivery && {
      event: delivery.event,
      status: delivery.state,
      attempts: delivery.attempts,
      error: delivery.error,
    },
  };
}
