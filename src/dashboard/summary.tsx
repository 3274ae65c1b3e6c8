import { RATE_WORDS, TOTAL_WORDS } from '../stats/registry/words.ts';
import type { PreviousPeriod } from '../stats/result/compared-result.ts';
import type { StatsResult } from './result-types.ts';
import { rangeName } from './date-text.ts';
import { changeOf, changeOfShare, decimalNumber, percent, wholeNumber } from './format.ts';

interface Figure {
  readonly label: string;
  readonly value: (result: Pick<StatsResult, 'summary' | 'computed_metrics'>) => number | undefined;
  readonly write: (value: number) => string;
  readonly isShare?: boolean;
}

const FIGURES: readonly Figure[] = [
  ...TOTAL_WORDS.map(({ label, total, kind, unit }): Figure => ({
    label,
    value: ({ summary }) => {
      const value = Object.entries(summary).find(([name]) => name === total)?.[1];
      return kind !== 'count' && summary.total_clicks === 0 ? undefined : Number(value);
    },
    write: (value) => {
      const text = kind === 'count' ? wholeNumber(value) : decimalNumber(value);
      return unit === 'none' ? text : `${text} ${unit}`;
    },
  })),
  ...RATE_WORDS.map(({ name, label, kind }): Figure => ({
    label,
    value: (result) => result.computed_metrics?.[name],
    write: kind === 'percentage' ? percent : decimalNumber,
    isShare: kind === 'percentage',
  })),
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
