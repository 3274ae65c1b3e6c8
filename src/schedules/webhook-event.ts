import type { Run } from './stored-run.ts';
import type { Schedule } from './schedule.ts';

const written = (instant: number): string => new Date(instant).toISOString();

/** The body of a webhook's call, as Standard Webhooks has them: the same at each attempt. */
export function eventBody({ id, name }: Pick<Schedule, 'id' | 'name'>, run: Run): string {
  const { delivery, dueAt, window, exportId, file, measured, error } = run;
  if (delivery === null) throw new Error('The run has nothing to tell.');
  return JSON.stringify({
    type: delivery.event,
    timestamp: written(delivery.at),
    data: {
      schedule_id: id,
      schedule_name: name,
      due_at: written(dueAt),
      window: window && { from: written(window.from), before: written(window.before) },
      ...(file && { export_id: exportId, file: file.name, rows: file.rows, bytes: file.bytes }),
      ...(measured && { value: measured.value, previous: measured.previous }),
      ...(delivery.event === 'export.failed' && { error }),
    },
  });
}

/** Names an event: the same at each attempt, so that a receiver can tell that it had it. */
export function eventId({ scheduleId, dueAt, delivery }: Run): string {
  return `msg_${scheduleId}_${dueAt}_${delivery?.at}`;
}
