import { useState } from 'preact/hooks';
import type { Group } from './result-types.ts';
import { percent, wholeNumber } from './format.ts';
import type { RegisteredFilter as FilterName } from '../stats/registry/dimensions.ts';
import { dimensionText, valueText } from './labels.ts';

interface RankingProps {
  readonly dimension: FilterName;
  readonly isWide: boolean;
  /** Rows shown at first. */
  readonly rows: number;
  readonly groups: readonly Group[];
  /** Number of groups in total. */
  readonly count: number;
  /** Whether a value is a filter. */
  readonly isChosen: (value: string) => boolean;
  readonly onToggle: (value: string) => void;
}

/** The groups of a dimension, most clicks first. A click on one adds or removes it as a filter. */
export function Ranking({ dimension, isWide, rows, groups, count, isChosen, onToggle }: RankingProps) {
  const [isLong, setIsLong] = useState(false);
  const { one, many } = dimensionText(dimension);
  const heading = `ranking-${dimension}`;
  const most = groups[0]?.clicks ?? 0;
  const hidden = groups.length - rows;
  return (
    <section class={`panel list of-${dimension}${isWide ? ' wide' : ''}`} aria-labelledby={heading}>
      <h2 id={heading}>
        {many}
        {count > 0 && <span class="count">{wholeNumber(count)}</span>}
      </h2>
      <div
        class={isLong ? 'rows long' : 'rows'}
        tabIndex={isLong ? 0 : undefined}
        role={isLong ? 'group' : undefined}
        aria-labelledby={isLong ? heading : undefined}
      >
        <table class="ranking">
          <thead>
            <tr>
              <th scope="col">{one}</th>
              <th scope="col" class="number">
                Clicks
              </th>
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col" class="number visitors">
                Visitors
              </th>
            </tr>
          </thead>
          <tbody>
            {(isLong ? groups : groups.slice(0, rows)).map(({ value, clicks, share, visitors }) => (
              <tr key={value} class={isChosen(value) ? 'chosen' : undefined}>
                <th scope="row">
                  <span class="bar" aria-hidden="true" style={{ width: `${(clicks / most) * 100}%` }} />
                  <button
                    type="button"
                    title={dimension === 'country' ? `${valueText(dimension, value)} (${value})` : value}
                    aria-pressed={isChosen(value)}
                    onClick={() => onToggle(value)}
                  >
                    <bdi>{valueText(dimension, value)}</bdi>
                  </button>
                </th>
                <td class="number">{wholeNumber(clicks)}</td>
                <td class="number share">{percent(share)}</td>
                <td class="number visitors">{wholeNumber(visitors)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && (
        <button type="button" class="plain more" aria-expanded={isLong} onClick={() => setIsLong(!isLong)}>
          {isLong ? 'Show fewer' : `Show ${wholeNumber(hidden)} more`}
          <span class="hidden"> {many.toLowerCase()}</span>
        </button>
      )}
      {isLong && count > groups.length && (
        <p class="note">
          The first {wholeNumber(groups.length)} of {wholeNumber(count)}. Exports include all of them.
        </p>
      )}
    </section>
  );
}
