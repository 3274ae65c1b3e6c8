import { z } from 'zod';
import { haveArrivalTimes } from '../../clicks/arrival-frontier.ts';
import { AppError, unavailable } from '../../errors.ts';
import type { Principal } from '../../keys/scopes.ts';
import type { FileOrder, MeasureOrder, RunWork } from '../../schedules/attempt.ts';
import type { Measured } from '../../schedules/condition.ts';
import { datesOf } from '../../schedules/window.ts';
import type { RawParameters } from '../../stats/parse/raw-parameters.ts';
import { metricOf } from '../../stats/registry/metrics.ts';
import { jsonParameters } from '../request/json-parameters.ts';
import type { Services } from '../request/services.ts';
import { StageTimes } from '../request/stage-times.ts';
import { EXPORT_KINDS, checkOrder } from './export-kinds.ts';
import { statsResponse } from './stats-response.ts';

/** What runs of schedules are made of: the exports and statistics of the API, read for the schedule's owner. */
export function runWork(services: Services): RunWork {
  const { exportJobs } = services;
  return {
    extensionOf: ({ what, format }, parameters) =>
      EXPORT_KINDS[what].extensionOf({ ...rawOf(parameters), format }),
    newExportId: () => exportJobs.newId(),
    createExport: async (id, order) => {
      const { what, format, destination, fileName, parameters, timezone, window, isByArrival } = order;
      const raw = { ...rawOf(parameters), ...(isByArrival ? {} : datesOf(window)), timezone, format };
      const arrived = isByArrival ? window : undefined;
      const given = { what, parameters: raw, destination, fileName, arrived };
      const checked = await checkOrder(services, given, readerOf(order));
      await exportJobs.createOnce(id, checked.order, checked.ownerId);
    },
    exported: async (id, signal) => {
      const job = await unlessAborted(exportJobs.ended(id), signal);
      if (job === undefined || job.state === 'queued' || job.state === 'running') return undefined;
      if (job.state === 'done') return { name: job.fileName ?? '', rows: job.rows, bytes: job.bytes };
      throw new AppError('conflict', job.error ?? 'The export has failed.');
    },
    measure: async (order, signal) => measure(services, order, signal),
    arrivedUntil: () => arrivedUntil(services),
    writtenUntil: (run, moment) => services.scheduleRuns.writtenUntil(run, moment),
  };
}

/** @throws AppError `unavailable` while clicks from before there were arrival times have none yet */
async function arrivedUntil({ arrivals, database, sharding }: Services): Promise<number> {
  const frontier = await arrivals.get();
  if (await haveArrivalTimes(database, sharding)) return frontier;
  throw unavailable('ClickHouse still gives older clicks the time of their arrival.');
}

/** The owner of a schedule, as far as its runs may read. */
function readerOf({ ownerId, scopes }: Pick<FileOrder, 'ownerId' | 'scopes'>): Principal {
  return { id: 'schedule', ownerId, scopes, rateLimit: 'unlimited' };
}

/** Their names were checked when the schedule was made. */
function rawOf(parameters: FileOrder['parameters']): RawParameters {
  return jsonParameters(parameters, Object.keys(parameters));
}

const measuredSchema = z.object({
  summary: z.record(z.string(), z.unknown()),
  previous: z.object({ summary: z.record(z.string(), z.unknown()) }).nullish(),
});

async function measure(services: Services, order: MeasureOrder, signal: AbortSignal): Promise<Measured> {
  const { condition, parameters, timezone, window } = order;
  const { metric } = condition;
  const raw = {
    ...rawOf(parameters),
    ...datesOf(window),
    timezone,
    metrics: metric,
    ...(condition.kind === 'change' && { compare: 'previous' }),
  };
  const principal = readerOf(order);
  const holder = { kind: 'owner', name: order.ownerId } as const;
  const asker = { principal, holder, signal, times: new StageTimes(), traceparent: undefined };
  // No query string has a line feed in it.
  const question = { text: `\n${JSON.stringify(raw)}`, raw: () => raw };
  const { body } = await statsResponse(services, asker, question);
  const { summary, previous } = measuredSchema.parse(JSON.parse(body.toString()));
  const { total } = metricOf(metric);
  return { value: numberOf(summary[total]), previous: numberOf(previous?.summary[total]) };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** @throws the signal's reason once it aborts */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
