import { useEffect, useRef, useState } from 'preact/hooks';
import { EXPORT_FORMAT_NAMES, type ExportFormatName } from '../export/formats.ts';
import type { View } from './address.ts';
import type { StatsResult } from './result-types.ts';
import { download } from './download.ts';
import { byteSize } from './format.ts';
import { type Subject, exportParameters } from './api-query.ts';

interface ExportsProps {
  readonly view: View;
  readonly subject: Subject;
  /** The statistics on the page; undefined while they are loading. */
  readonly result: StatsResult | undefined;
  readonly apiKey: string | undefined;
}

type Progress =
  | { readonly kind: 'running'; readonly format: ExportFormatName; readonly bytes: number }
  | { readonly kind: 'ended'; readonly message: string; readonly isFailure: boolean };

/** Interval between updates of the progress. */
const PROGRESS_MS = 200;

/** A button for each export format, and the progress of a running download. */
export function Exports({ view, subject, result, apiKey }: ExportsProps) {
  const [progress, setProgress] = useState<Progress | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const isRunning = progress?.kind === 'running';

  const start = async (format: ExportFormatName): Promise<void> => {
    if (result === undefined || isRunning) return;
    const stop = new AbortController();
    running.current = stop;
    setProgress({ kind: 'running', format, bytes: 0 });
    let shownAt = 0;
    const onProgress = (bytes: number): void => {
      if (Date.now() - shownAt < PROGRESS_MS) return;
      shownAt = Date.now();
      setProgress({ kind: 'running', format, bytes });
    };
    const parameters = exportParameters(view, subject, result, format);
    try {
      const outcome = await download(parameters, apiKey, stop.signal, onProgress);
      const message = outcome.ok ? `Saved ${outcome.value}.` : outcome.failure.message;
      setProgress({ kind: 'ended', message, isFailure: !outcome.ok });
    } catch {
      setProgress({ kind: 'ended', message: 'Export cancelled.', isFailure: false });
    }
  };

  return (
    <div class="exports">
      <div role="group" aria-label="Export this view">
        <span class="label" aria-hidden="true">
          Export
        </span>
        <div class="segments">
          {EXPORT_FORMAT_NAMES.map((format) => (
            <button
              key={format}
              type="button"
              aria-disabled={result === undefined || isRunning}
              onClick={() => void start(format)}
            >
              {format.toUpperCase()}
            </button>
          ))}
        </div>
      </div>
      {progress?.kind === 'running' && (
        <div class="transfer">
          <progress aria-label={`Export as ${progress.format.toUpperCase()}`} />
          <span>
            {progress.format.toUpperCase()}, {byteSize(progress.bytes)}
          </span>
          <button type="button" onClick={() => running.current?.abort()}>
            Cancel
          </button>
        </div>
      )}
      <p class={progress?.kind === 'ended' && progress.isFailure ? 'refusal' : 'note'} role="status">
        {progress?.kind === 'ended' && progress.message}
      </p>
    </div>
  );
}
