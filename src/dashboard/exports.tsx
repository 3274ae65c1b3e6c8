import { useEffect, useRef, useState } from 'preact/hooks';
import { EXPORT_FORMAT_NAMES, type ExportFormatName } from '../export/formats.ts';
import type { View } from './address.ts';
import type { StatsResult } from './result-types.ts';
import { download } from './download.ts';
import { byteSize } from './format.ts';
import { exportParameters } from './api-query.ts';
import type { Subject } from './subject.ts';
import { type Outcome, Outcomes, Transfer } from './transfer.tsx';

interface ExportsProps {
  readonly view: View;
  readonly subject: Subject;
  /** The statistics on the page; undefined while they are loading. */
  readonly result: StatsResult | undefined;
  readonly apiKey: string | undefined;
}

interface Running {
  readonly format: ExportFormatName;
  readonly bytes: number;
}

/** Interval between updates of the progress. */
const PROGRESS_MS = 200;

/** A button for each export format, and the progress of a running download. */
export function Exports({ view, subject, result, apiKey }: ExportsProps) {
  const [progress, setProgress] = useState<Running | undefined>(undefined);
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);
  const formats = useRef<HTMLDivElement>(null);
  useEffect(() => () => running.current?.abort(), []);
  const isRunning = progress !== undefined;

  const start = async (format: ExportFormatName): Promise<void> => {
    if (result === undefined || isRunning) return;
    const stop = new AbortController();
    running.current = stop;
    setProgress({ format, bytes: 0 });
    setOutcome(undefined);
    let shownAt = 0;
    const onProgress = (bytes: number): void => {
      if (Date.now() - shownAt < PROGRESS_MS) return;
      shownAt = Date.now();
      setProgress({ format, bytes });
    };
    const parameters = exportParameters(view, subject, result, format);
    try {
      const saved = await download(parameters, apiKey, stop.signal, onProgress);
      const message = saved.ok ? `Saved ${saved.value}.` : saved.failure.message;
      setOutcome({ message, isFailure: !saved.ok });
    } catch {
      setOutcome({ message: 'Export cancelled.', isFailure: false });
    }
    setProgress(undefined);
  };

  return (
    <div class="exports">
      <div role="group" aria-label="Export this view">
        <span class="label" aria-hidden="true">
          Export
        </span>
        <div class="segments" ref={formats}>
          {EXPORT_FORMAT_NAMES.map((format) => (
            <button
              key={format}
              data-format={format}
              type="button"
              aria-disabled={result === undefined || isRunning}
              onClick={() => void start(format)}
            >
              {format.toUpperCase()}
            </button>
          ))}
        </div>
      </div>
      {progress !== undefined && (
        <Transfer
          label={`Export as ${progress.format.toUpperCase()}`}
          onCancel={() => running.current?.abort()}
          onFocusLost={() =>
            formats.current?.querySelector<HTMLElement>(`[data-format=${progress.format}]`)?.focus()
          }
        >
          {progress.format.toUpperCase()}, {byteSize(progress.bytes)}
        </Transfer>
      )}
      <Outcomes outcomes={outcome === undefined ? [] : [outcome]} />
    </div>
  );
}
