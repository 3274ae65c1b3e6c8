import { useEffect, useRef, useState } from 'preact/hooks';
import type { View } from './address.ts';
import type { Navigate } from './use-view.ts';

/** Arrow keys step through the values; a value is chosen after this pause. */
const SETTLE_MS = 400;

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, label: string])[];
  /** For long texts. */
  readonly isWide?: boolean;
  readonly view: View;
  /** The view with another value. */
  readonly viewWith: (value: string) => View;
  readonly navigate: Navigate;
}

/** A select field. Stepping through it with the keyboard makes one request and one history entry. */
export function Choice({ label, value, choices, isWide = false, view, viewWith, navigate }: ChoiceProps) {
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const isStepping = useRef(false);
  /** The last view chosen by keyboard while the field has the focus. */
  const reached = useRef<View | undefined>(undefined);

  const choose = (chosen: string): void => {
    const next = viewWith(chosen);
    setDraft(undefined);
    if (chosen === value) return;
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

  return (
    <label class={isWide ? 'choice wide' : 'choice'}>
      <span>{label}</span>
      <select
        value={draft ?? value}
        onPointerDown={() => {
          isStepping.current = false;
        }}
        onKeyDown={({ key }) => {
          isStepping.current = true;
          if (key === 'Enter') settle();
        }}
        onChange={({ currentTarget: { value: chosen } }) => {
          if (isStepping.current) setDraft(chosen);
          else choose(chosen);
        }}
        onBlur={() => {
          settle();
          isStepping.current = false;
          reached.current = undefined;
        }}
      >
        {choices.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
