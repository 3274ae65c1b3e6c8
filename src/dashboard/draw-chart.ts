import uPlot from 'uplot';
import type { Interval } from '../stats/registry/intervals.ts';
import type { TimeSlot } from './result-types.ts';
import { slotTick, wallOf } from './date-text.ts';
import { shortNumber } from './format.ts';

const DAY = 86_400_000;
const TICK_WIDTH = 76;
/** What the last label needs right of its slot: `Sept 2026` is one of the widest. */
const HALF_TICK_WIDTH = 32;
/** With more slots than this, lines are drawn thin. */
const DENSE = 400;
const FONT = '12px system-ui, sans-serif';

interface ChartEvents {
  /** The slot under the cursor. */
  readonly onPoint: (place: number | undefined) => void;
  /** Called with the first and last slot of a range that was dragged across. */
  readonly onSelect: (range: readonly [number, number]) => void;
}

/**
 * Draws lines with one step of the axis for each slot: slots are equally far apart, also on days with 23 hours or in months with
 * 28 days, and the slots of two periods lie above each other.
 */
export function drawChart(
  holder: HTMLElement,
  slots: readonly TimeSlot[],
  interval: Interval,
  { onPoint, onSelect }: ChartEvents,
): uPlot {
  const colour = (name: string) => () => getComputedStyle(holder).getPropertyValue(name);
  const grid = { stroke: colour('--grid'), width: 1 };
  const last = slots.length - 1;
  const line = { width: slots.length > DENSE ? 1 : 2, points: { show: slots.length < 3, size: 7 } };
  return new uPlot(
    {
      width: Math.max(holder.clientWidth, 200),
      height: Math.max(holder.clientHeight, 100),
      legend: { show: false },
      padding: [12, HALF_TICK_WIDTH, 0, 0],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 5 },
        points: { size: 8 },
      },
      scales: {
        x: { time: false, range: () => (last > 0 ? [0, last] : [-1, 1]) },
        y: { range: (_, _min, max) => [0, roundedUp(max)] },
      },
      series: [
        {},
        { stroke: colour('--before'), ...line, width: 1, dash: [4, 4] },
        { stroke: colour('--clicks'), fill: colour('--clicks-area'), ...line },
        { stroke: colour('--visitors'), ...line },
        { stroke: colour('--clicks'), fill: colour('--clicks-area'), ...line, dash: [3, 4] },
        { stroke: colour('--visitors'), ...line, dash: [3, 4] },
      ],
      axes: [
        {
          stroke: colour('--ink-soft'),
          font: FONT,
          size: 32,
          grid: { show: false },
          ticks: { ...grid, size: 5 },
          splits: (plot) => ticks(slots, interval, plot.width / TICK_WIDTH),
          values: (_, places) => places.map((place) => tickText(slots, place, interval)),
        },
        {
          stroke: colour('--ink-soft'),
          font: FONT,
          grid,
          ticks: { show: false },
          size: 52,
          incrs: steps(),
          values: (_, values) => values.map(shortNumber),
        },
      ],
      hooks: {
        setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width <= 0) return;
            plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            onSelect([plot.posToIdx(left), plot.posToIdx(left + width)]);
          },
        ],
      },
    },
    [
      slots.map((_, place) => place),
      slots.map(({ previousClicks }) => previousClicks ?? null),
      slots.map(({ clicks, isPartial }) => (isPartial ? null : clicks)),
      slots.map(({ visitors, isPartial }) => (isPartial ? null : visitors)),
      slots.map(({ clicks }, place) => (isBesidePartial(slots, place) ? clicks : null)),
      slots.map(({ visitors }, place) => (isBesidePartial(slots, place) ? visitors : null)),
    ],
    holder,
  );
}

/** Whether a slot is at an end of a dotted line: a partial slot, or its neighbour. */
function isBesidePartial(slots: readonly TimeSlot[], place: number): boolean {
  return [place - 1, place, place + 1].some((one) => slots[one]?.isPartial === true);
}

/** Steps of the axis; clicks are whole numbers, so none is below 1. */
function steps(): number[] {
  return Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
}

function roundedUp(most: number | null): number {
  if (most === null || most <= 4) return 4;
  const step = steps().findLast((one) => one * 4 <= most) ?? 1;
  return Math.ceil((most * 1.02) / step) * step;
}

/** Positions of the axis labels: as many as fit, at the start of days if slots are shorter than a day. */
function ticks(slots: readonly TimeSlot[], interval: Interval, room: number): number[] {
  const places = slots.map((_, place) => place);
  const days =
    interval.unit === 'minute' ? places.filter((place) => wallOf(slots[place]?.start ?? '') % DAY === 0) : [];
  const candidates = days.length >= Math.min(3, room) ? days : places;
  const stride = Math.max(1, Math.ceil(candidates.length / Math.max(1, room)));
  return candidates.filter((_, index) => index % stride === 0);
}

function tickText(slots: readonly TimeSlot[], place: number, interval: Interval): string {
  const start = slots[place]?.start;
  return start === undefined ? '' : slotTick(start, interval, wallOf(start) % DAY === 0);
}
