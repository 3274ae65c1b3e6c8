import { openRecords } from '../../clicks/import/file-records.ts';
import { type FilePart, requireLines } from '../../clicks/import/followed-imports.ts';
import { importFault } from '../../clicks/import/import-fault.ts';
import type { ImportEntry } from '../../clicks/import/import-log.ts';
import { type ImportReport, emptyReport, rejectedCount } from '../../clicks/import/import-report.ts';
import type { EarlierRecords } from '../../clicks/import/import-run.ts';
import type { ImportRun } from '../../clicks/import/import-registry.ts';
import { type ImportOptions, readingOptionsOf } from '../../clicks/import/options.ts';
import { unavailable } from '../../errors.ts';
import { whileTransferring } from '../../fair-share/transfers.ts';
import { type Context, signalOf } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { holderOf } from '../request/share-holder.ts';
import { bytesAwaited } from './body-progress.ts';
import { inRoom } from './ingest-memory.ts';

export interface ImportOrder {
  /** Owner of new URLs. */
  readonly ownerId: string;
  /** The file's name, if it was said. */
  readonly file: string | undefined;
  readonly options: ImportOptions;
  /** Of a file that comes in parts. */
  readonly part: FilePart | undefined;
}

/**
 * Imports the file that a body is, once there is a place among the imports that are running. From then on it goes on without
 * its client as soon as the whole body has come.
 * @returns the import; with an `error` where no line of it is a click
 * @throws AppError for a body that is not a file of clicks, or ends too early; `unavailable` as ClickHouse is
 */
export async function importBody(
  services: Services,
  ctx: Context,
  order: ImportOrder,
  pieces: AsyncIterable<Buffer>,
): Promise<ImportEntry> {
  const { shares } = services;
  const holder = holderOf(services, ctx);
  const transfer = {
    holder,
    bytes: () => bytesAwaited(ctx.req),
    cut: () => ctx.req.destroy(unavailable(IN_THE_WAY)),
  };
  return shares.imports.within(
    holder,
    () => whileTransferring(shares.imports, transfer, () => imported(services, ctx, order, pieces)),
    { signal: signalOf(ctx) },
  );
}

const IN_THE_WAY = 'The file came slowly, and others waited for the place of its import: send it again.';

async function imported(
  { imports, followedImports, importer, shares, metrics, now, proxies }: Services,
  ctx: Context,
  { ownerId, file, options, part }: ImportOrder,
  pieces: AsyncIterable<Buffer>,
): Promise<ImportEntry> {
  const { format, encoding } = options;
  const isDryRun = options.dry_run === true;
  const records = await openRecords(file ?? '', pieces, {
    format,
    encoding,
    reading: readingOptionsOf(options),
  });
  const { columns: _, ...reading } = records?.reading ?? { columns: [] };
  const wanted = { ownerId, file: file ?? null, options: { ...options, ...reading } };
  const holder = holderOf({ proxies }, ctx);
  const importAs = async (
    id: bigint,
    earlier: EarlierRecords | undefined,
    onProgress: (report: ImportReport) => void,
    mayStore: () => Promise<void>,
  ): Promise<ImportReport> => {
    if (records === undefined) return emptyReport();
    const report = await importer.import(
      records,
      {
        id,
        ownerId,
        isAnyOwner: options.any_owner === true,
        areDuplicatesAllowed: options.allow_duplicates === true,
        areCodesKnown: options.known_codes === true,
        isDryRun,
      },
      {
        now,
        inRoom: (bytes, work) => inRoom(shares.ingestionHeapBytes, holder, bytes, work),
        mayStore,
        onProgress,
        earlier,
      },
    );
    if (!isDryRun) metrics.countClicks(report.accepted, rejectedCount(report));
    return report;
  };
  if (part !== undefined) {
    if (records !== undefined) requireLines(records);
    return followedImports.run(wanted, part, importAs);
  }
  const run: ImportRun = async (id, onProgress, mayStore) => {
    const report = await importAs(id, undefined, onProgress, mayStore);
    return { report, fault: records && importFault(records, report) };
  };
  return isDryRun ? imports.rehearse(wanted, run) : imports.run(wanted, run);
}
