import { useState } from 'preact/hooks';
import type { FilterName } from '../stats/registry/dimension-names.ts';
import { changeOf, percent, wholeNumber } from './format.ts';
import { dimensionText, valueText } from './labels.ts';
import type { Group } from './result-types.ts';

export interface RankingProps {
  readonly dimension: FilterName;
  /** The id of its heading. */
  readonly heading: string;
  /** Rows shown at first. */
  readonly rows: number;
  readonly groups: readonly Group[];
  /** Number of groups in total. */
  readonly count: number;
  /** Whether there are clicks in the period compared with. */
  readonly isCompared: boolean;
  /** Whether a value is a filter. */
  readonly isChosen: (value: string) => boolean;
  readonly onToggle: (value: string) => void;
  readonly onExclude: (value: string) => void;
}

/** The groups of a dimension, most clicks first. A click on one adds or removes it as a filter. */
export function Ranking(props: RankingProps) {
  const { dimension, heading, rows, groups, count, isCompared } = props;
  const [isLong, setIsLong] = useState(false);
  const { one, many } = dimensionText(dimension);
  const most = groups[0]?.clicks ?? 0;
  const hidden = groups.length - rows;
  return (
    <>
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
              {isCompared && (
                <th scope="col" class="number">
                  Change
                </th>
              )}
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col" class="number visitors">
                Visitors
              </th>
            </tr>
          </thead>
          <tbody>
            {(isLong ? groups : groups.slice(0, rows)).map((group) => (
              <Row key={group.value} group={group} most={most} {...props} />
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
    </>
  );
}

interface RowProps extends RankingProps {
  readonly group: Group;
  /** Clicks of the first group. */
  readonly most: number;
}

function Row({ group, most, dimension, isCompared, isChosen, onToggle, onExclude }: RowProps) {
  const { value, clicks, share, visitors, previousClicks } = group;
  const text = valueText(dimension, value);
  const { shownAs } = dimensionText(dimension);
  const isNamed = shownAs !== 'text' && shownAs !== 'address' && text !== value;
  return (
    <tr class={isChosen(value) ? 'chosen' : undefined}>
      <th scope="row">
        <span class="bar" aria-hidden="true" style={{ width: `${(clicks / most) * 100}%` }} />
        <button
          type="button"
          title={isNamed ? `${text} (${value})` : value}
          aria-pressed={isChosen(value)}
          onClick={() => onToggle(value)}
        >
          <bdi>{text}</bdi>
        </button>
        {/* By keyboard, the filter that a row becomes has the same choice; a stop of its own in every row would be in the way. */}
        <button
          type="button"
          class="exclude"
          tabIndex={-1}
          title={`Leave out ${text}`}
          aria-label={`Leave out ${text}`}
          onClick={() => onExclude(value)}
        >
          <span class="cross" aria-hidden="true" />
        </button>
      </th>
      <td class="number">{wholeNumber(clicks)}</td>
      {isCompared && <ChangeCell clicks={clicks} before={previousClicks} />}
      <td class="number share">{percent(share)}</td>
      <td class="number visitors">{wholeNumber(visitors)}</td>
    </tr>
  );
}

function ChangeCell({ clicks, before }: { readonly clicks: number; readonly before: number | undefined }) {
  if (before === undefined) return <td class="number">–</td>;
  const { text, words, direction } = changeOf(clicks, before);
  return (
    <td class={`number change ${direction}`} title={`${wholeNumber(before)} in the period compared with`}>
      <span aria-hidden="true">{text}</span>
      <span class="hidden">{words}</span>
    </td>
  );
}
