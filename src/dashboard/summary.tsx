import { METRIC_WORDS } from '../stats/registry/words.ts';
import type { PreviousPeriod } from '../stats/result/compared-result.ts';
import type { StatsResult } from './result-types.ts';
import { rangeName } from './dates.ts';
import { changeOf, changeOfShare, decimalNumber, percent, wholeNumber } from './format.ts';

interface Figure {
  readonly label: string;
  readonly value: (result: Pick<StatsResult, 'summary' | 'computed_metrics'>) => number | undefined;
  readonly write: (value: number) => string;
  readonly isShare?: boolean;
}

const FIGURES: readonly Figure[] = [
  ...METRIC_WORDS.map(({ label, total, kind }): Figure => ({
    label,
    value: ({ summary }) => Number(Object.entries(summary).find(([name]) => name === total)?.[1]),
    write: kind === 'count' ? wholeNumber : decimalNumber,
  })),
  {
    label: 'Clicks per visitor',
    value: (result) => result.computed_metrics?.['average_clicks_per_visitor'],
    write: decimalNumber,
  },
  {
    label: 'Repeat clicks',
    value: (result) => result.computed_metrics?.['repeat_click_rate'],
    write: percent,
    isShare: true,
  },
  { label: 'Bot clicks', value: ({ summary }) => summary.bot_clicks, write: wholeNumber },
  {
    label: 'Redirect time',
    value: ({ summary }) => (summary.total_clicks === 0 ? undefined : summary.avg_redirection_time),
    write: (value) => `${decimalNumber(value)} ms`,
  },
];

/** The totals, each with its change from the period compared with. */
export function Summary({ result }: { readonly result: StatsResult }) {
  const previous = result.previous ?? undefined;
  return (
    <section class="panel" aria-label="Totals">
      <dl class="figures">
        {FIGURES.map((figure) => {
          const value = figure.value(result);
          return (
            <div key={figure.label}>
              <dt>{figure.label}</dt>
              <dd>
                <span class="value">{value === undefined ? '–' : figure.write(value)}</span>
                {value !== undefined && previous !== undefined && (
                  <FigureChange figure={figure} value={value} previous={previous} />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

interface FigureChangeProps {
  readonly figure: Figure;
  readonly value: number;
  readonly previous: PreviousPeriod;
}

function FigureChange({ figure, value, previous }: FigureChangeProps) {
  const before = figure.value(previous);
  if (before === undefined) return null;
  const { text, words, direction } =
    figure.isShare === true ? changeOfShare(value, before) : changeOf(value, before, figure.write);
  return (
    <span
      class={`change ${direction}`}
      title={`${figure.write(before)} in ${rangeName(previous.time_range)}`}
    >
      <span aria-hidden="true">{text}</span>
      <span class="hidden">{words}</span>
    </span>
  );
}
