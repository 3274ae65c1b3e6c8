import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Interval } from '../stats/registry/intervals.ts';
import type { TimeSlot } from './result-types.ts';
import { drawChart } from './draw-chart.ts';
import { slotName } from './date-text.ts';
import { changeOf, counted, wholeNumber } from './format.ts';
import { onThemeChange } from './theme.ts';

/** A part of the chart: the indexes of its first and last slot. */
export type SlotRange = readonly [first: number, last: number];

interface TimeChartProps {
  readonly slots: readonly TimeSlot[];
  readonly interval: Interval;
  readonly onZoom: (range: SlotRange) => void;
}

/**
 * The chart. Dragging across it zooms in. With the keyboard, arrow keys move from slot to slot, Shift and arrow keys select a
 * range, and Enter zooms to it. For screen readers it is a slider whose value is a slot with its numbers.
 */
export function TimeChart({ slots, interval, onZoom }: TimeChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const [pointed, setPointed] = useState<number | undefined>(undefined);
  const [selected, setSelected] = useState<SlotRange | undefined>(undefined);
  const last = slots.length - 1;

  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    setSelected(undefined);
    const drawn = drawChart(element, slots, interval, {
      onPoint: setPointed,
      onSelect: (range) => zoom.current(range),
    });
    chart.current = drawn;
    const resized = new ResizeObserver(() => {
      if (element.clientWidth > 0)
        drawn.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    resized.observe(element);
    const stopWatching = onThemeChange(() => drawn.redraw(false));
    return () => {
      stopWatching();
      resized.disconnect();
      drawn.destroy();
    };
  }, [slots, interval]);

  const point = (place: number): void => {
    const plot = chart.current;
    if (plot === undefined) return;
    plot.setCursor({ left: plot.valToPos(place, 'x'), top: plot.over.clientHeight / 2 });
    setPointed(place);
  };
  const select = (range: SlotRange | undefined): void => {
    const plot = chart.current;
    setSelected(range);
    if (plot === undefined) return;
    const [from, to] = range ?? [0, 0];
    const left = plot.valToPos(from, 'x');
    plot.setSelect(
      { left, width: plot.valToPos(to, 'x') - left, top: 0, height: plot.over.clientHeight },
      false,
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = pointed ?? last;
    const next = placeAfter(event.key, at, last);
    if (next !== undefined) {
      point(next);
      // The end of the selection that is not at the cursor stays.
      const anchor = selected === undefined ? at : selected[0] === at ? selected[1] : selected[0];
      select(event.shiftKey ? [Math.min(anchor, next), Math.max(anchor, next)] : undefined);
    } else if (event.key === 'Enter' || event.key === ' ') onZoom(selected ?? [at, at]);
    else if (event.key === 'Escape') select(undefined);
    else return;
    event.preventDefault();
  };

  const shown = pointed === undefined ? undefined : slots[pointed];
  const current = Math.min(pointed ?? last, last);
  return (
    <div
      class="chart"
      role="slider"
      tabIndex={0}
      aria-label="Clicks over time. Arrow keys move, Shift and arrow keys select, Enter zooms in."
      aria-valuemin={0}
      aria-valuemax={Math.max(last, 0)}
      aria-valuenow={current}
      aria-valuetext={valueText(slots, current, selected, interval)}
      onKeyDown={onKeyDown}
      onBlur={() => {
        setPointed(undefined);
        select(undefined);
      }}
    >
      <div class="plot" ref={holder} />
      {shown !== undefined && pointed !== undefined && (
        <Tip slot={shown} interval={interval} place={last === 0 ? 0.5 : pointed / last} />
      )}
    </div>
  );
}

function placeAfter(key: string, at: number, last: number): number | undefined {
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - 10,
    PageUp: at + 10,
    Home: 0,
    End: last,
  };
  const place = places[key];
  return place === undefined ? undefined : Math.min(last, Math.max(0, place));
}

function valueText(
  slots: readonly TimeSlot[],
  at: number,
  selected: SlotRange | undefined,
  interval: Interval,
): string {
  const slot = slots[at];
  if (slot === undefined) return '';
  const text = `${slotName(slot, interval)}: ${counted(slot.clicks, 'click')}, ${counted(slot.visitors, 'visitor')}`;
  if (selected === undefined) return text;
  const [from, to] = [slots[selected[0]], slots[selected[1]]];
  if (from === undefined || to === undefined) return text;
  return `${text}. Selected from ${slotName(from, interval)} to ${slotName(to, interval)}.`;
}

interface TipProps {
  readonly slot: TimeSlot;
  readonly interval: Interval;
  /** From 0 at the left to 1 at the right. */
  readonly place: number;
}

function Tip({ slot, interval, place }: TipProps) {
  const { clicks, visitors, isPartial, previousClicks } = slot;
  return (
    <div
      class="tip"
      aria-hidden="true"
      style={place > 0.5 ? { right: `${(1 - place) * 100}%` } : { left: `${place * 100}%` }}
    >
      <strong>
        {slotName(slot, interval)}
        {isPartial && ' (partial)'}
      </strong>
      <span class="series clicks">Clicks</span>
      <span class="number">{wholeNumber(clicks)}</span>
      <span class="series visitors">Visitors</span>
      <span class="number">{wholeNumber(visitors)}</span>
      {previousClicks !== undefined && (
        <>
          <span class="series previous">Compared with</span>
          <span class="number">
            {wholeNumber(previousClicks)}{' '}
            {!isPartial && <span class="change">{changeOf(clicks, previousClicks).text}</span>}
          </span>
        </>
      )}
    </div>
  );
}
