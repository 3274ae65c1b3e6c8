import type { ImportBody } from '../http/api/import-schemas.ts';
import { type Result, failureOf } from './api.ts';
import { hasFields } from './result-types.ts';

const BROKEN_OFF =
  'The upload broke off. What was imported until then stays: send the file again for the rest.';

/** Whether a parsed body describes an import. */
export function isImport(body: unknown): body is ImportBody {
  return hasFields(body, { id: 'string', state: 'string', accepted: 'number', known: 'number' });
}

/**
 * Sends a file to be imported; one without a click is a result, too. `fetch` tells nothing of how far an upload is.
 * @param onProgress called with the share of the file that is sent, from 0 to 1
 * @throws the signal's reason when it aborts
 */
export async function uploadFile(
  file: File,
  parameters: URLSearchParams,
  key: string | undefined,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Result<ImportBody>> {
  const request = new XMLHttpRequest();
  request.open('POST', `/api/v1/imports?${parameters}`);
  if (key !== undefined) request.setRequestHeader('Authorization', `Bearer ${key}`);
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.upload.addEventListener('progress', ({ loaded, total }) =>
    onProgress(total === 0 ? 0 : loaded / total),
  );
  const ended = new Promise<void>((resolve) => {
    request.addEventListener('loadend', () => resolve());
  });
  const abort = (): void => request.abort();
  signal.addEventListener('abort', abort);
  request.send(file);
  await ended;
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
  if (request.status === 0) {
    return { ok: false, failure: { kind: 'offline', message: BROKEN_OFF, retryAfter: undefined } };
  }
  const body = jsonOf(request.responseText);
  if (isImport(body)) return { ok: true, value: body };
  return { ok: false, failure: failureOf(request.status, body, request.getResponseHeader('Retry-After')) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
