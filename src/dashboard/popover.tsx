import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface PopoverProps {
  readonly label: ComponentChildren;
  /** Whether what it chooses is not the default. */
  readonly isChosen?: boolean;
  /** What is below the button while it is open. @param close closes it and puts the focus back on its button */
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button that opens a panel below itself. Escape or a click elsewhere closes it. */
export function Popover({ label, isChosen = false, children }: PopoverProps) {
  const [isOpen, setIsOpen] = useState(false);
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const onPointerDown = ({ target }: PointerEvent): void => {
      const isInside = target instanceof Node && details.current?.contains(target) === true;
      if (details.current !== null && !isInside) details.current.open = false;
    };
    addEventListener('pointerdown', onPointerDown);
    return () => removeEventListener('pointerdown', onPointerDown);
  }, []);
  const close = (): void => {
    if (details.current === null) return;
    details.current.open = false;
    details.current.querySelector('summary')?.focus();
  };
  return (
    <details
      class={isChosen ? 'popover chosen' : 'popover'}
      ref={details}
      onToggle={({ currentTarget: { open } }) => setIsOpen(open)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <summary>{label}</summary>
      {isOpen && children(close)}
    </details>
  );
}
