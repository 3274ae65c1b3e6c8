import { useMemo, useState } from 'preact/hooks';
import type { Interval } from '../stats/registry/intervals.ts';
import type { StatsResult, TimeSlot } from './result-types.ts';
import { slotInterval, timeSlots } from './time-slots.ts';
import { type SlotRange, TimeChart } from './chart.tsx';
import { slotName } from './date-text.ts';
import { wholeNumber } from './format.ts';

interface TimePanelProps {
  readonly result: StatsResult;
  /** Shows only a part of the chart. */
  readonly onZoom: (range: SlotRange) => void;
}

/** Clicks and visitors over time, as a chart and as a table. */
export function TimePanel({ result, onZoom }: TimePanelProps) {
  const slots = useMemo(() => timeSlots(result), [result]);
  const interval = slotInterval(result);
  const hasPrevious = slots.some(({ previousClicks }) => previousClicks !== undefined);
  return (
    <section class="panel time" aria-labelledby="time-heading">
      <div class="heading">
        <h2 id="time-heading">Over time</h2>
        <ul class="series" aria-hidden="true">
          <li class="clicks">Clicks</li>
          <li class="visitors">Unique visitors</li>
          {hasPrevious && <li class="previous">Clicks in the period compared with</li>}
        </ul>
      </div>
      <TimeChart slots={slots} interval={interval} onZoom={onZoom} />
      <TimeTable slots={slots} interval={interval} hasPrevious={hasPrevious} onZoom={onZoom} />
    </section>
  );
}

/** Rows shown at first: there can be ten thousand. */
const FIRST_ROWS = 500;

interface TimeTableProps {
  readonly slots: readonly TimeSlot[];
  readonly interval: Interval;
  readonly hasPrevious: boolean;
  readonly onZoom: (range: SlotRange) => void;
}

function TimeTable({ slots, interval, hasPrevious, onZoom }: TimeTableProps) {
  const [isOpen, setIsOpen] = useState(false);
  const [isWhole, setIsWhole] = useState(false);
  const rows = isWhole ? slots : slots.slice(0, FIRST_ROWS);
  return (
    <details class="table" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Show as table</summary>
      {isOpen && (
        <div class="rows long" tabIndex={0} role="group" aria-labelledby="time-heading">
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col" class="number">
                  Clicks
                </th>
                <th scope="col" class="number">
                  Unique visitors
                </th>
                {hasPrevious && (
                  <th scope="col" class="number">
                    Compared with
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map((slot, index) => {
                const { start, clicks, visitors, previousClicks } = slot;
                return (
                  <tr key={start}>
                    <th scope="row">
                      <button type="button" class="plain" onClick={() => onZoom([index, index])}>
                        {slotName(slot, interval)}
                      </button>
                    </th>
                    <td class="number">{wholeNumber(clicks)}</td>
                    <td class="number">{wholeNumber(visitors)}</td>
                    {hasPrevious && (
                      <td class="number">
                        {previousClicks === undefined ? '–' : wholeNumber(previousClicks)}
                      </td>
                    )}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {isOpen && rows.length < slots.length && (
        <button type="button" class="plain" onClick={() => setIsWhole(true)}>
          Show all {wholeNumber(slots.length)} rows
        </button>
      )}
    </details>
  );
}
