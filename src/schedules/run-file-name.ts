import type { Window } from './window.ts';

/** What the name of a run's file is made of. */
export interface RunFile {
  readonly scheduleId: string;
  readonly what: string;
  readonly window: Window;
  /** Without a point. */
  readonly extension: string;
}

/** The name of a run's file: the same for each attempt of a run, and another for each schedule and window. */
export function runFileName({ scheduleId, what, window: { from, before }, extension }: RunFile): string {
  return `spoor_${what}_${scheduleId}_${timeInName(from)}_${timeInName(before)}.${extension}`;
}

/** `2026-01-30T00-00-00.000Z`: some file systems take no colons. */
function timeInName(instant: number): string {
  return new Date(instant).toISOString().replaceAll(':', '-');
}
