import { AppError } from '../../errors.ts';
import { type Principal, type Scope, hasScope } from '../../keys/scopes.ts';
import type { Schedule } from '../../schedules/schedule.ts';
import { requireScope } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { EXPORT_KINDS } from '../response/export-kinds.ts';
import { scopeOf } from './export-job-access.ts';

/** What a parameter can say for no; as it was sent. */
const NO: readonly unknown[] = [undefined, null, false, 'false'];

/** A key needs one scope of each of these lists: those for what a run reads. An alert reads statistics. */
function neededFor({ task, parameters: { visitors } }: Schedule): readonly (readonly Scope[])[] {
  const what = task.kind === 'export' ? task.what : 'stats';
  return [EXPORT_KINDS[what].scopes, ...(NO.includes(visitors) ? [] : [['visitors:read' as const]])];
}

export function maySeeSchedule(principal: Principal, schedule: Schedule): boolean {
  return neededFor(schedule).every((scopes) => hasScope(principal, scopes));
}

/** @throws AppError 404 if there is none, or it belongs to another owner; 403 without the scopes for what it reads */
export async function scheduleOf(
  { schedules }: Services,
  id: string,
  principal: Principal,
): Promise<Schedule> {
  const schedule = await schedules.find(scopeOf(principal), id);
  if (schedule === undefined) throw noSchedule();
  for (const scopes of neededFor(schedule)) requireScope(principal, ...scopes);
  return schedule;
}

export function noSchedule(): AppError {
  return new AppError('not_found', 'There is no such schedule.', { field: 'id' });
}
