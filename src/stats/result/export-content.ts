import type { ExportContent, ExportList } from '../../export/content.ts';
import { turns } from '../../lib/event-loop.ts';
import { type Column, type RowTemplate, writeRow } from '../../lib/row-template.ts';
import { formatWithOffset } from '../../lib/time-zone.ts';
import { type AnswerHead, type SummaryRow, shapeHead } from './result-head.ts';
import { buckets } from '../time/buckets.ts';
import { type ExportListPlan, exportLists } from '../sql/compile-export.ts';
import { MarkedBytes } from './delimited-bytes.ts';
import { METRICS, percentage } from '../registry/metrics.ts';
import type { StatsQuery } from '../parse/query.ts';

type RowOf = (columns: readonly Column[]) => RowTemplate;

/** Text that is gathered before it is passed on. */
const PIECE_CHARACTERS = 65_536;
const BUCKETS_A_LOOK = 64;

/**
 * Reads the result of `compileExport` as it comes: the summary at once, the lists one after another.
 * @param now Unix milliseconds
 * @throws Error when the bytes end before their end mark: an export that was cut is never taken for a whole one
 */
export async function readExport(
  query: StatsQuery,
  bytes: AsyncIterable<Buffer>,
  row: RowOf,
  now: number,
): Promise<ExportContent & { readonly head: AnswerHead }> {
  const marked = new MarkedBytes(bytes);
  const totals: SummaryRow = JSON.parse(await marked.mark());
  const head = shapeHead(query, totals, now);
  const plans = exportLists(query);
  const groupCounts: Record<string, number> = {};
  return {
    head,
    summary: { ...head.summary },
    listNames: plans,
    lists: listsOf(query, marked, plans, row, head, groupCounts),
    groupCounts,
  };
}

async function* listsOf(
  query: StatsQuery,
  marked: MarkedBytes,
  plans: readonly ExportListPlan[],
  row: RowOf,
  head: AnswerHead,
  groupCounts: Record<string, number>,
): AsyncGenerator<ExportList> {
  let lastMark = 0;
  for (const plan of plans) {
    const { name, columns } = plan;
    const total = head.summary[METRICS[plan.metric].total];
    yield {
      name,
      columns,
      rows: plan.isTime ? everyBucket(query, marked.section(), plan, row(columns), total) : marked.section(),
    };
    const before = Number((await marked.mark()).split(' ')[1]);
    // The other metric's list has the same groups.
    if (!plan.isTime && plan.metric === query.metrics[0]) groupCounts[plan.groupName] = before - lastMark - 1;
    lastMark = before;
  }
  if ((await marked.mark()) !== 'end') throw new Error('The export has more lists than were asked for.');
}

/** The rows of time's own list: one for every bucket, with 0 where ClickHouse has none. */
async function* everyBucket(
  query: StatsQuery,
  section: AsyncIterable<Buffer>,
  { metric }: ExportListPlan,
  template: RowTemplate,
  total: number,
): AsyncGenerator<Buffer> {
  const counted = countsOf(section);
  let next = await counted.next();
  let text = '';
  const turnOver = turns(BUCKETS_A_LOOK);
  for (const { start, offset, label } of buckets(query.interval, query.range, query.timezone)) {
    let count = 0;
    if (next.done !== true && next.value.seconds === start / 1000) {
      count = next.value.count;
      next = await counted.next();
    }
    text += writeRow(template, {
      time: label,
      bucket_start: formatWithOffset(start, offset),
      [metric]: count,
      [`${metric}_percentage`]: percentage(count, total),
    });
    const turn = turnOver();
    if (turn !== undefined) await turn;
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (next.done !== true) throw new Error('ClickHouse has a time bucket that the range has not.');
  if (text !== '') yield Buffer.from(text);
}

async function* countsOf(section: AsyncIterable<Buffer>) {
  let rest = '';
  for await (const piece of section) {
    const lines = (rest + piece.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [seconds, count] = line.split('\t');
      yield { seconds: Number(seconds), count: Number(count) };
    }
  }
}
