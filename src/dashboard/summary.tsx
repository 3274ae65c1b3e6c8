import type { PreviousPeriod } from '../stats/compare.ts';
import type { Answer } from './result-types.ts';
import { rangeName } from './dates.ts';
import { changeOf, changeOfShare, decimalNumber, percent, wholeNumber } from './format.ts';

interface Figure {
  readonly label: string;
  readonly value: (answer: Pick<Answer, 'summary' | 'computed_metrics'>) => number | undefined;
  readonly write: (value: number) => string;
  readonly isShare?: boolean;
}

const FIGURES: readonly Figure[] = [
  { label: 'Clicks', value: ({ summary }) => summary.total_clicks, write: wholeNumber },
  { label: 'Unique visitors', value: ({ summary }) => summary.unique_clicks, write: wholeNumber },
  {
    label: 'Clicks a visitor',
    value: (answer) => answer.computed_metrics?.['average_clicks_per_visitor'],
    write: decimalNumber,
  },
  {
    label: 'Repeat clicks',
    value: (answer) => answer.computed_metrics?.['repeat_click_rate'],
    write: percent,
    isShare: true,
  },
  { label: 'Clicks by bots', value: ({ summary }) => summary.bot_clicks, write: wholeNumber },
  {
    label: 'Redirect time',
    value: ({ summary }) => (summary.total_clicks === 0 ? undefined : summary.avg_redirection_time),
    write: (value) => `${decimalNumber(value)} ms`,
  },
];

/** The totals, each with its change against the period before. */
export function Summary({ answer }: { readonly answer: Answer }) {
  const previous = answer.previous ?? undefined;
  return (
    <section class="panel" aria-label="Totals">
      <dl class="figures">
        {FIGURES.map((figure) => {
          const value = figure.value(answer);
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
