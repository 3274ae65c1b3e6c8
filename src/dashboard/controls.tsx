import { useRef } from 'preact/hooks';
import { MINUTE } from '../lib/calendar.ts';
import { type IntervalName, INTERVAL_NAMES, intervalMinutes } from '../stats/registry/intervals.ts';
import { RANGE_NAMES } from '../stats/registry/ranges.ts';
import { BOT_CHOICES, MAX_BUCKETS } from '../stats/parse/values.ts';
import type { BotChoice, View } from './address.ts';
import type { StatsResult } from './result-types.ts';
import { Choice, Options } from './choice.tsx';
import { CompareChoice } from './compare-choice.tsx';
import { nameInWords } from './format.ts';
import { PERIODS, PERIOD_NAMES } from './period-choices.ts';
import { Popover } from './popover.tsx';
import type { Navigate } from './use-view.ts';
import { knownZones } from './zones.ts';

interface ControlsProps {
  readonly view: View;
  readonly navigate: Navigate;
  readonly result: StatsResult | undefined;
}

const BOT_LABELS: Readonly<Record<BotChoice, string>> = {
  include: 'Included',
  exclude: 'Excluded',
  only: 'Only bots',
};

/** Period, interval, bots, what is compared, and time zone. Choosing a period resets the interval. */
export function Controls({ view, navigate, result }: ControlsProps) {
  return (
    <>
      <Periods view={view} navigate={navigate} result={result} />
      <Choice
        label="Interval"
        value={view.interval ?? ''}
        view={view}
        viewWith={(value) => ({ ...view, interval: INTERVAL_NAMES.find((name) => name === value) })}
        navigate={navigate}
      >
        <Options
          choices={[
            ['', 'Automatic'],
            ...INTERVAL_NAMES.map((name) => [name, nameInWords(name), isTooShort(name, result)] as const),
          ]}
        />
      </Choice>
      <Choice
        label="Bots"
        value={view.bots}
        view={view}
        viewWith={(value) => ({
          ...view,
          bots: BOT_CHOICES.find((choice) => choice === value) ?? view.bots,
        })}
        navigate={navigate}
      >
        <Options choices={BOT_CHOICES.map((choice) => [choice, BOT_LABELS[choice]])} />
      </Choice>
      <CompareChoice view={view} navigate={navigate} />
      <Choice
        label="Time zone"
        value={view.timezone}
        look="wide"
        view={view}
        viewWith={(timezone) => ({ ...view, timezone })}
        navigate={navigate}
      >
        <Options choices={knownZones(view.timezone).map((zone) => [zone, zone.replaceAll('_', ' ')])} />
      </Choice>
    </>
  );
}

function Periods({ view, navigate, result }: ControlsProps) {
  const { period } = view;
  return (
    <div class="periods" role="group" aria-label="Period">
      <div class="segments">
        {PERIOD_NAMES.map((name) => (
          <button
            key={name}
            type="button"
            title={PERIODS[name].title}
            aria-label={spokenLabel(PERIODS[name])}
            aria-pressed={period.kind === 'relative' && period.name === name}
            onClick={() => navigate({ ...view, interval: undefined, period: { kind: 'relative', name } })}
          >
            {PERIODS[name].label}
          </button>
        ))}
      </div>
      <Dates view={view} navigate={navigate} result={result} />
    </div>
  );
}

/** The label for screen readers; it includes the visible one. */
function spokenLabel({ label, title }: (typeof PERIODS)[keyof typeof PERIODS]): string {
  return title === label ? title : `${label}: ${title}`;
}

/** Two dates, applied together by a button, because a date is incomplete while it is typed. */
function Dates({ view, navigate, result }: ControlsProps) {
  const start = useRef<HTMLInputElement>(null);
  const end = useRef<HTMLInputElement>(null);
  const range = result?.time_range;
  return (
    <Popover label="Dates" isChosen={view.period.kind !== 'relative'}>
      {(close) => (
        <div class="panel">
          <NamedRanges view={view} navigate={navigate} close={close} />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const [from, to] = [start.current?.value ?? '', end.current?.value ?? ''];
              if (from === '' || to === '') return;
              const [first, last] = from <= to ? [from, to] : [to, from];
              close();
              navigate({ ...view, interval: undefined, period: { kind: 'fixed', start: first, end: last } });
            }}
          >
            <label>
              From
              <input
                ref={start}
                type="date"
                min="2000-01-01"
                required
                defaultValue={range?.start_date.slice(0, 10) ?? ''}
              />
            </label>
            <label>
              To
              <input
                ref={end}
                type="date"
                min="2000-01-01"
                required
                defaultValue={range?.end_date.slice(0, 10) ?? ''}
              />
            </label>
            <button type="submit" class="primary">
              Show
            </button>
          </form>
        </div>
      )}
    </Popover>
  );
}

/** Whether the shown range has more buckets of the interval than the API answers. */
function isTooShort(interval: IntervalName, result: StatsResult | undefined): boolean {
  if (result === undefined) return false;
  const { start_date: start, end_date: end } = result.time_range;
  return (Date.parse(end) - Date.parse(start)) / MINUTE / intervalMinutes(interval) > MAX_BUCKETS;
}

interface NamedRangesProps extends Pick<ControlsProps, 'view' | 'navigate'> {
  readonly close: () => void;
}

/** The ranges that the API has names for. */
function NamedRanges({ view, navigate, close }: NamedRangesProps) {
  const { period } = view;
  return (
    <ul class="options" aria-label="Ranges">
      {RANGE_NAMES.map((name) => (
        <li key={name}>
          <button
            type="button"
            aria-pressed={period.kind === 'named' && period.name === name}
            onClick={() => {
              close();
              navigate({ ...view, interval: undefined, period: { kind: 'named', name } });
            }}
          >
            {nameInWords(name)}
          </button>
        </li>
      ))}
    </ul>
  );
}
