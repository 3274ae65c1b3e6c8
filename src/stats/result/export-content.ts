import type { ExportContent, ExportList } from '../../export/content.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { percentage } from '../../lib/rounding.ts';
import { type RowTemplate, writeRow } from '../../lib/row-template.ts';
import { formatWithOffset } from '../../lib/calendar.ts';
import type { Plan } from '../plan.ts';
import type { StatsQuery } from '../query.ts';
import { percentageOf } from '../registry/metrics.ts';
import { type ExportListPlan, type RowOf, exportLists } from '../sql/export-lists.ts';
import { countedMetrics } from '../sql/numbers.ts';
import { buckets } from '../time/buckets.ts';
import { changeOf, emptyBefore } from './change.ts';
import { DelimitedBytes } from './delimited-bytes.ts';
import { type StatsHead, type SummaryNumbers, previousHead, shapeHead, shownMetric } from './result-head.ts';

/** Text that is gathered before it is passed on. */
const PIECE_CHARACTERS = 65_536;
const BUCKETS_A_LOOK = 64;

/** The totals of a period, in the order of `countedMetrics`. */
type Totals = readonly (number | null)[];

/** A period whose lists are still to be read. */
interface Period {
  readonly query: StatsQuery;
  readonly sections: DelimitedBytes;
  readonly row: RowOf;
  readonly totals: SummaryNumbers;
  /** Filled in as the lists are read. */
  readonly groupCounts: Record<string, number>;
  /** The same of both periods. */
  readonly counted: { rows: number };
  /** How many groups of so many a list shows. */
  readonly shownOf: (groups: number) => number;
}

interface ReadExport extends ExportContent {
  readonly head: StatsHead;
  /** Rows of all lists, those of the period before too; complete once they are read. */
  readonly rowCount: () => number;
}

/**
 * Reads the result of `compileExport` as it comes: the summary at once, the lists one after another.
 * @param now Unix milliseconds
 * @throws Error when the bytes end before their last delimiter: an export that was cut is never taken for a whole one
 */
export async function readExport(
  plan: Plan,
  bytes: AsyncIterable<Buffer>,
  row: RowOf,
  now: number,
): Promise<ReadExport> {
  const { query, previous } = plan;
  const sections = new DelimitedBytes(bytes);
  const periods: readonly Totals[] = JSON.parse(await sections.delimiter());
  const [totals = {}, totalsBefore = {}] = periods.map((values) => totalsByName(query, values));
  const head = shapeHead(query, totals, now);
  const groupCounts: Record<string, number> = {};
  const counted = { rows: 0 };
  const shownOf = (groups: number): number => shownGroups(query, groups);
  const lists = listsOf({ query, sections, row, totals, groupCounts, counted, shownOf });
  const content = {
    head,
    summary: { ...head.summary },
    listNames: exportLists(query),
    groupCounts,
    rowCount: () => counted.rows,
  };
  if (previous === undefined) {
    return {
      ...content,
      lists: untilEnd(lists, sections),
      previous: query.previous === null ? null : undefined,
    };
  }
  const headBefore = previousHead(shapeHead(previous.query, totalsBefore, now));
  const before = {
    query: previous.query,
    sections,
    row,
    totals: totalsBefore,
    groupCounts: {},
    counted,
    shownOf: (groups: number) => groups,
  };
  // A format need not look for lists where there are none.
  const isLast = previous.lists.length === 0;
  return {
    ...content,
    lists: isLast ? untilEnd(lists, sections) : lists,
    previous: {
      head: headBefore,
      summary: { ...headBefore.time_range, ...headBefore.summary },
      listNames: exportLists(previous.query),
      lists: isLast ? listsOf(before) : untilEnd(listsOf(before), sections),
    },
  };
}

function totalsByName(query: StatsQuery, totals: Totals): SummaryNumbers {
  return Object.fromEntries(countedMetrics(query).map((name, place) => [name, totals[place] ?? null]));
}

/** How many rows a list has that `limit` and `offset` cut. */
function shownGroups({ offset = 0, limit = Infinity }: StatsQuery, groups: number): number {
  return Math.max(0, Math.min(limit, groups - offset));
}

async function* listsOf(period: Period): AsyncGenerator<ExportList> {
  const { query, sections, row, totals, groupCounts, counted, shownOf } = period;
  let [lastCount, lastRows] = [0, 0];
  for (const plan of exportLists(query)) {
    const { name, columns } = plan;
    const total = totals[plan.metric] ?? 0;
    yield {
      name,
      columns,
      rows: plan.isTime ? everyBucket(period, plan, row(columns), total) : sections.section(),
    };
    const [, before = 0, rows] = (await sections.delimiter()).split(' ').map(Number);
    // The other metric's list has the same groups.
    if (!plan.isTime && plan.metric === query.metrics[0])
      groupCounts[plan.groupName] = before - lastCount - 1;
    if (!plan.isTime) {
      // What is cut off can be a row of its own, or several: then ClickHouse counts them.
      counted.rows += rows === undefined ? shownOf(groupCounts[plan.groupName] ?? 0) : rows - lastRows - 1;
    }
    [lastCount, lastRows] = [before, rows ?? 0];
  }
}

/** The last lists there are. */
async function* untilEnd(
  lists: AsyncIterable<ExportList>,
  sections: DelimitedBytes,
): AsyncGenerator<ExportList> {
  yield* lists;
  if ((await sections.delimiter()) !== 'end')
    throw new Error('The export has more lists than were asked for.');
}

/** The rows of time's own list: one for every bucket, also where ClickHouse has none. */
async function* everyBucket(
  { query, sections, counted: all }: Period,
  { metric }: ExportListPlan,
  template: RowTemplate,
  total: number,
): AsyncGenerator<Buffer> {
  const rows = valuesOf(sections.section());
  const empty = emptyBefore(metric, query);
  let next = await rows.next();
  let text = '';
  const yieldIfDue = timeSlices(BUCKETS_A_LOOK);
  for (const { start, offset, label } of buckets(query.interval, query.range, query.timezone)) {
    let counted: number | null = null;
    let before: number | null = empty(start / 1000);
    if (next.done !== true && next.value.seconds === start / 1000) {
      [counted = null, before = null] = next.value.values;
      next = await rows.next();
    }
    all.rows++;
    const value = shownMetric(metric, counted, query.timezone);
    const previous = before && shownMetric(metric, before, query.timezone);
    text += writeRow(template, {
      time: label,
      bucket_start: formatWithOffset(start, offset),
      [metric]: value,
      [percentageOf(metric)]: percentage(Number(value), total),
      previous,
      change: changeOf(value, previous),
    });
    const due = yieldIfDue();
    if (due !== undefined) await due;
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (next.done !== true) throw new Error('ClickHouse returned a time bucket outside the range.');
  if (text !== '') yield Buffer.from(text);
}

async function* valuesOf(section: AsyncIterable<Buffer>) {
  let rest = '';
  for await (const piece of section) {
    const lines = (rest + piece.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [seconds, ...values] = line.split('\t');
      yield {
        seconds: Number(seconds),
        values: values.map((value) => (value === '' ? null : Number(value))),
      };
    }
  }
}
