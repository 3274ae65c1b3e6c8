import type { BodyStep } from './click-body.ts';
import { jsonItems, ndjsonItems } from './click-body.ts';
import { FirstFindings, type RejectedItem, type WarnedItem } from './findings.ts';
import { ingest } from './ingest.ts';
import type { IngestContext, IngestOptions } from './ingest-options.ts';

/** How clicks are written in a request's body. */
const BODY_FORMATS = { json: jsonItems, ndjson: ndjsonItems } as const satisfies Readonly<
  Record<string, (body: Buffer) => Iterator<BodyStep>>
>;

export type BodyFormat = keyof typeof BODY_FORMATS;

/** A request with clicks, as plain data. */
export interface ClicksRequest extends Pick<
  IngestOptions,
  'ownerId' | 'isAdmin' | 'receivedAt' | 'once' | 'badAtMost'
> {
  readonly bytes: Uint8Array;
  readonly format: BodyFormat;
  /** How many rejections and warnings are listed. */
  readonly findingsShown: number;
}

/** What has become of the clicks of a request. */
export interface IngestReport {
  readonly accepted: number;
  readonly rejectedCount: number;
  /** The first of them, and of the warnings. */
  readonly rejected: readonly RejectedItem[];
  readonly warnings: readonly WarnedItem[];
  /** As in `IngestResult`. */
  readonly stoppedAt: number | undefined;
}

/**
 * Stores the clicks of a request's body.
 * @throws AppError as `ingest` does, and 400 for a body that is not JSON
 */
export async function ingestBytes(
  context: IngestContext,
  { bytes, format, findingsShown, ...options }: ClicksRequest,
  surroundings: Pick<IngestOptions, 'room' | 'signal' | 'mayStore'>,
): Promise<IngestReport> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Iterable<BodyStep> = { [Symbol.iterator]: () => BODY_FORMATS[format](body) };
  const findings = new FirstFindings(findingsShown);
  const { accepted, stoppedAt } = await ingest(context, items, { ...options, ...surroundings, findings });
  const { rejectedCount, rejected, warnings } = findings;
  return { accepted, rejectedCount, rejected, warnings, stoppedAt };
}
