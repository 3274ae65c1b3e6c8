import { createRequire } from 'node:module';
import { Tinypool } from 'tinypool';
import type { Column } from '../lib/row-template.ts';

export const SUMMARY_SHEET = 'Summary';
export const PREVIOUS_SUMMARY_SHEET = 'Previous summary';

export interface PlannedSheet {
  readonly name: string;
  readonly columns: readonly Column[];
}

export interface SummarySheet {
  readonly name: string;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

/** A workbook without the rows of its lists. */
export interface WorkbookPlan {
  /** Sheets of names and values, which come first. */
  readonly summaries: readonly SummarySheet[];
  readonly sheets: readonly PlannedSheet[];
}

/** The files that a workbook is made of, by their path in it. */
export type WorkbookParts = Readonly<Record<string, Uint8Array>>;

/** Workbooks rarely come alone, and a thread is made for the first; but it takes memory too. */
const IDLE_MS = 60_000;

/** The built one, wherever this module is run from. */
const THREAD = createRequire(import.meta.url).resolve('#workbook-thread');

let pool: Tinypool | undefined;

/**
 * Makes a workbook's parts: the summaries in their sheets, header rows, styles and widths, without the rows of its lists.
 * A thread does it, by exceljs: to load that takes a quarter of a second, a workbook tens of milliseconds, and nobody
 * else shall wait for either.
 */
export async function makeWorkbook(plan: WorkbookPlan): Promise<WorkbookParts> {
  pool ??= new Tinypool({
    filename: THREAD,
    runtime: 'worker_threads',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    // Its parts are small; with V8's own choice the thread's memory is 10 MiB larger.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  return pool.run(plan, { name: 'partsOf' });
}
