import { useEffect, useRef, useState } from 'preact/hooks';
import { EXPORT_FORMAT_NAMES, type ExportFormatName } from '../export/formats.ts';
import type { View } from './address.ts';
import type { Answer } from './result-types.ts';
import { download } from './download.ts';
import { byteSize } from './format.ts';
import { type Subject, exportParameters } from './api-query.ts';

interface ExportsProps {
  readonly view: View;
  readonly subject: Subject;
  /** What is on the screen; undefined while nothing certain is. */
  readonly answer: Answer | undefined;
  readonly apiKey: string | undefined;
}

type Progress =
  | { readonly kind: 'running'; readonly format: ExportFormatName; readonly bytes: number }
  | { readonly kind: 'ended'; readonly sentence: string; readonly isFailure: boolean };

/** How often the page tells how far a download is. */
const TELL_MS = 200;

/** A button for each format; a download can be watched and called off. */
export function Exports({ view, subject, answer, apiKey }: ExportsProps) {
  const [progress, setProgress] = useState<Progress | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const isRunning = progress?.kind === 'running';

  const start = async (format: ExportFormatName): Promise<void> => {
    if (answer === undefined || isRunning) return;
    const stop = new AbortController();
    running.current = stop;
    setProgress({ kind: 'running', format, bytes: 0 });
    let told = 0;
    const onProgress = (bytes: number): void => {
      if (Date.now() - told < TELL_MS) return;
      told = Date.now();
      setProgress({ kind: 'running', format, bytes });
    };
    const parameters = exportParameters(view, subject, answer, format);
    try {
      const result = await download(parameters, apiKey, stop.signal, onProgress);
      const sentence = result.ok ? `Saved ${result.value}.` : result.failure.sentence;
      setProgress({ kind: 'ended', sentence, isFailure: !result.ok });
    } catch {
      setProgress({ kind: 'ended', sentence: 'Export cancelled.', isFailure: false });
    }
  };

  return (
    <div class="exports">
      <div role="group" aria-label="Export what is shown">
        <span class="label" aria-hidden="true">
          Export
        </span>
        <div class="segments">
          {EXPORT_FORMAT_NAMES.map((format) => (
            <button
              key={format}
              type="button"
              aria-disabled={answer === undefined || isRunning}
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
        {progress?.kind === 'ended' && progress.sentence}
      </p>
    </div>
  );
}
