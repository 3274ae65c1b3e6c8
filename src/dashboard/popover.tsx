import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface PopoverProps {
  readonly label: ComponentChildren;
  /** Whether what it chooses is not the default. */
  readonly isChosen?: boolean;
  /** What is below the button while it is open. @param close closes it and puts the focus back on its button */
  readonly children: (close: () => void) => ComponentChildren;
}

/** Pixels that a panel keeps from the right edge of the page. */
const EDGE = 16;

/**
 * A button that opens a panel below itself, moved to the left as far as it would reach beyond the page. Escape, a click elsewhere, or the
 * focus that goes elsewhere closes it.
 */
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
  useLayoutEffect(() => {
    const panel = details.current?.querySelector<HTMLElement>(':scope > .panel');
    if (!isOpen || !panel) return;
    const { clientWidth } = document.documentElement;
    const beyond = panel.getBoundingClientRect().right - clientWidth + EDGE;
    if (beyond > 0) panel.style.translate = `${-beyond}px`;
  }, [isOpen]);
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
      onFocusOut={({ currentTarget, relatedTarget }) => {
        // No target: the window lost the focus, or what had it is gone.
        if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget))
          currentTarget.open = false;
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <summary>{label}</summary>
      {isOpen && children(close)}
    </details>
  );
}
