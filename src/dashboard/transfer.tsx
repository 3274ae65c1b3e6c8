import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** What has become of a file that went up or came down. */
export interface Outcome {
  readonly message: string;
  readonly isFailure: boolean;
}

interface TransferProps {
  readonly label: string;
  /** From 0 to 1; undefined: nobody knows. */
  readonly share?: number;
  readonly onCancel: () => void;
  /** Called when it goes away and would take the focus with it. */
  readonly onFocusLost: () => void;
  readonly children: ComponentChildren;
}

/** The progress of a file that goes up or comes down, which can be cancelled. */
export function Transfer({ label, share, onCancel, onFocusLost, children }: TransferProps) {
  const holder = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = holder.current;
    return () => {
      if (element?.contains(document.activeElement) === true) onFocusLost();
    };
  }, []);
  return (
    <div class="transfer" ref={holder}>
      <progress aria-label={label} value={share} />
      <span>{children}</span>
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

/** What has become of the last files; it stays in the page, so that screen readers tell of its changes. */
export function Outcomes({ outcomes }: { readonly outcomes: readonly Outcome[] }) {
  return (
    <div class="outcomes" role="status">
      {outcomes.map(({ message, isFailure }, place) => (
        <p key={place} class={isFailure ? 'refusal' : 'note'}>
          {message}
        </p>
      ))}
    </div>
  );
}
