import { z } from 'zod';
import { EXPORTED, type Exported } from '../export-jobs/export-job.ts';
import { SCOPE_NAMES, type Scope } from '../keys/scopes.ts';
import { METRIC_NAMES } from '../stats/registry/metrics.ts';
import type { Condition } from './condition.ts';
import type { CronTimes } from './cron.ts';
import { SCHEDULE_RANGES, type ScheduleRange } from './window.ts';

/** Writes a file each time. */
export interface ExportTask {
  readonly kind: 'export';
  readonly what: Exported;
  readonly format: string;
  /** Where to; null: among the owner's exports. */
  readonly destination: string | null;
}

/** Measures each time, and calls the webhook when the condition has become true. */
export interface AlertTask {
  readonly kind: 'alert';
  readonly condition: Condition;
}

/** What an owner wants done again and again. */
export interface Schedule {
  readonly id: string;
  readonly ownerId: string;
  /** A note for people. */
  readonly name: string | null;
  readonly times: CronTimes;
  readonly range: ScheduleRange;
  readonly task: ExportTask | AlertTask;
  /** Filters and others, by the names of parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly webhookUrl: string | null;
  /** What its runs may read: what the key may that created or changed it. */
  readonly scopes: readonly Scope[];
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly changedAt: number;
}

/** What tells when a schedule runs. It is small, so that all of them can be in memory. */
export type TimedSchedule = Pick<
  Schedule,
  'id' | 'ownerId' | 'times' | 'range' | 'task' | 'createdAt' | 'changedAt'
>;

/** What of a schedule is stored as JSON. */
export type ScheduleDefinition = Omit<Schedule, 'id' | 'ownerId' | 'createdAt' | 'changedAt'>;

const metric = z.enum(METRIC_NAMES);

const condition = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['over', 'under']), metric, bound: z.number() }),
  z.object({ kind: z.literal('change'), metric, percent: z.number() }),
]);

/** Reads a definition as it was stored. */
export const storedDefinition = z.object({
  name: z.string().nullable(),
  times: z.object({ cron: z.string(), timezone: z.string() }),
  range: z.enum(SCHEDULE_RANGES),
  task: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('export'),
      what: z.enum(EXPORTED),
      format: z.string(),
      destination: z.string().nullable(),
    }),
    z.object({ kind: z.literal('alert'), condition }),
  ]),
  parameters: z.record(z.string(), z.unknown()),
  webhookUrl: z.string().nullable(),
  scopes: z.array(z.enum(SCOPE_NAMES)),
});

/**
 * Whether the windows of a schedule's files are of when clicks arrived, each beginning where the one before has ended. An
 * alert's windows are of when clicks happened in any case.
 */
export function isByArrival({ range, task }: Pick<Schedule, 'range' | 'task'>): boolean {
  return range === 'since_last_run' && task.kind === 'export';
}
