import { COMPARE_CHOICES, MATCH_CHOICES } from '../stats/parse/values.ts';
import { NO_COMPARE, type View } from './address.ts';
import { Choice, type Choices, Options } from './choice.tsx';
import type { Navigate } from './use-view.ts';

const LABELS: Readonly<Record<(typeof COMPARE_CHOICES)[number], string>> = {
  previous: 'Period before',
  year: 'Year before',
};

const SAME_WEEKDAYS = ` ${MATCH_CHOICES[0]}`;

const CHOICES: Choices = [
  ...COMPARE_CHOICES.map((name) => [name, LABELS[name]] as const),
  ...COMPARE_CHOICES.map((name) => [name + SAME_WEEKDAYS, `${LABELS[name]}, same weekdays`] as const),
  [NO_COMPARE, 'Nothing'],
];

interface CompareChoiceProps {
  readonly view: View;
  readonly navigate: Navigate;
}

/** Chooses what the period is compared with. An address can have any other period. */
export function CompareChoice({ view, navigate }: CompareChoiceProps) {
  const { compare, matchesWeekdays } = view;
  const value = compare + (matchesWeekdays ? SAME_WEEKDAYS : '');
  const isOther = CHOICES.every(([known]) => known !== value);
  return (
    <Choice
      label="Compare"
      value={value}
      view={view}
      viewWith={(chosen) => ({
        ...view,
        compare: chosen.replace(SAME_WEEKDAYS, ''),
        matchesWeekdays: chosen.endsWith(SAME_WEEKDAYS),
      })}
      navigate={navigate}
    >
      <Options choices={isOther ? [...CHOICES, [value, value]] : CHOICES} />
    </Choice>
  );
}
