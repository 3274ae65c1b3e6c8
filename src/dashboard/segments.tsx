import { useState } from 'preact/hooks';
import type { View } from './address.ts';
import { type CurrentKey, mayWriteUrls } from './page-key.ts';
import { Popover } from './popover.tsx';
import { saveSegment, useSegments } from './use-segments.ts';
import type { Navigate } from './use-view.ts';

interface SegmentsProps {
  readonly view: View;
  readonly navigate: Navigate;
  readonly currentKey: CurrentKey;
  readonly apiKey: string | undefined;
}

/** Stored filters: a click on one adds or removes it, and the view's own can be stored as another. */
export function Segments(props: SegmentsProps) {
  return (
    <Popover label="Segments" isChosen={props.view.segments.length > 0}>
      {(close) => (
        <div class="panel">
          <SegmentChoices {...props} close={close} />
          {mayWriteUrls(props.currentKey) && <SaveForm {...props} close={close} />}
        </div>
      )}
    </Popover>
  );
}

interface PartProps extends SegmentsProps {
  readonly close: () => void;
}

function SegmentChoices({ view, navigate, apiKey, close }: PartProps) {
  const found = useSegments(apiKey, view);
  if (found?.ok === false) return <p class="refusal">{found.failure.message}</p>;
  if (found === undefined) return <p class="note">Loading …</p>;
  if (found.value.length === 0) return <p class="note">No filters are stored yet.</p>;
  const toggle = (name: string): void => {
    close();
    const { segments } = view;
    const others = segments.filter((one) => one !== name);
    navigate({ ...view, segments: others.length < segments.length ? others : [...segments, name] });
  };
  return (
    <ul class="options" aria-label="Segments">
      {found.value.map((name) => (
        <li key={name}>
          <button type="button" aria-pressed={view.segments.includes(name)} onClick={() => toggle(name)}>
            <bdi>{name}</bdi>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Stores the filters under a name, by which the view then has them. A name that is there already is replaced when that is confirmed. */
function SaveForm({ view, navigate, apiKey, close }: PartProps) {
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  /** The name that is there already. */
  const [taken, setTaken] = useState<string | undefined>(undefined);
  if (view.filters.length + view.segments.length === 0)
    return <p class="note">Filter the clicks, and the filters can be stored here.</p>;
  const save = async (name: string, isReplacing: boolean): Promise<void> => {
    const saved = await saveSegment(apiKey, view, name, isReplacing);
    setRefusal(saved.ok ? undefined : saved.failure.message);
    if (!saved.ok) return;
    if (saved.value === 'exists') {
      setTaken(name);
      return;
    }
    close();
    navigate({ ...view, filters: [], segments: [name] });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const name = new FormData(event.currentTarget).get('name');
        if (typeof name === 'string') void save(name, false);
      }}
    >
      <label>
        Store these filters as
        <input
          name="name"
          required
          maxLength={64}
          pattern="[A-Za-z0-9_\-]+"
          title="Letters, digits, - and _"
          autocomplete="off"
          spellcheck={false}
          onInput={() => setTaken(undefined)}
        />
      </label>
      <button type="submit">Store</button>
      {taken !== undefined && (
        <p class="refusal" role="alert">
          There is a segment “{taken}” already. Replace its filters, or take another name.
        </p>
      )}
      {/* A button of its own: a second press of Enter, or of a double-click, replaces nothing. */}
      {taken !== undefined && (
        <button type="button" onClick={() => void save(taken, true)}>
          Replace {taken}
        </button>
      )}
      {refusal !== undefined && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
    </form>
  );
}
