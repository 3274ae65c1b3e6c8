import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { View } from './address.ts';
import type { Navigate } from './use-view.ts';

/** Arrow keys step through the values; a value is chosen after this pause. */
const SETTLE_MS = 400;

export type Choices = readonly (readonly [value: string, label: string, isDisabled?: boolean])[];

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  /** `wide`: for long texts; `heading`: in place of a panel's heading, with a label for screen readers alone. */
  readonly look?: 'plain' | 'wide' | 'heading';
  readonly view: View;
  /** The view with another value; undefined if something else happens. */
  readonly viewWith: (value: string) => View | undefined;
  readonly navigate: Navigate;
  /** Its options. */
  readonly children: ComponentChildren;
}

/** A select field. Stepping through it with the keyboard makes one request and one history entry. */
export function Choice(props: ChoiceProps) {
  const { label, value, look = 'plain', view, viewWith, navigate, children } = props;
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const isStepping = useRef(false);
  /** The last view chosen by keyboard while the field has the focus. */
  const reached = useRef<View | undefined>(undefined);

  const choose = (chosen: string): void => {
    const next = viewWith(chosen);
    setDraft(undefined);
    if (chosen === value || next === undefined) return;
    navigate(next, isStepping.current && reached.current === view ? 'replace' : 'push');
    reached.current = isStepping.current ? next : undefined;
  };
  const settle = (): void => {
    if (draft !== undefined) choose(draft);
  };

  useEffect(() => setDraft(undefined), [view]);
  useEffect(() => {
    if (draft === undefined) return undefined;
    const timer = setTimeout(settle, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [draft, view]);

  const select = (
    <select
      aria-label={look === 'heading' ? label : undefined}
      value={draft ?? value}
      onPointerDown={() => {
        isStepping.current = false;
      }}
      onKeyDown={({ key }) => {
        isStepping.current = true;
        if (key === 'Enter') settle();
      }}
      onChange={({ currentTarget: { value: chosen } }) => {
        setDraft(chosen);
        if (!isStepping.current) choose(chosen);
      }}
      onBlur={() => {
        settle();
        isStepping.current = false;
        reached.current = undefined;
      }}
    >
      {children}
    </select>
  );
  if (look === 'heading') return <span class="choice heading">{select}</span>;
  return (
    <label class={`choice ${look}`}>
      <span>{label}</span>
      {select}
    </label>
  );
}

/** Options of a select field. */
export function Options({ choices }: { readonly choices: Choices }) {
  return (
    <>
      {choices.map(([value, label, isDisabled = false]) => (
        <option key={value} value={value} disabled={isDisabled}>
          {label}
        </option>
      ))}
    </>
  );
}
