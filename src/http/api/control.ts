import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { readingSchema } from '../../clicks/import/reading.ts';
import { type SeedPlan, compileSeed, seedUrls } from '../../clicks/sample-clicks.ts';
import { AppError, invalid } from '../../errors.ts';
import { withRoom } from '../body/ingest-memory.ts';
import { ownerSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';
import { administrators } from '../route/access.ts';
import { anyBytes, internalJsonBody, noBody } from '../route/body.ts';
import { noParameters, parsedBy } from '../route/parameters.ts';
import { internalRoute } from '../route/route.ts';

/** A batch as the command line sends it: some thousand lines. */
const MAX_BATCH_BYTES = 64 * 1_048_576;
/** A plan names its owners, which can be many. */
const MAX_SEED_BYTES = 1_048_576;

const batchSchema = z.object({
  reading: readingSchema,
  first_line: z.int().min(1),
  /** Names the file, or standard input, that the batch is a part of. */
  stream: z.uuid(),
  sequence: z.int().min(0),
  is_last: z.boolean(),
  owner: ownerSchema,
  any_owner: z.boolean(),
  allow_duplicates: z.boolean(),
  known_codes: z.boolean().default(false),
  dry_run: z.boolean().default(false),
});

const seedSchema = z.object({
  clicks: z.int().min(0).max(10_000_000_000),
  owners: z.array(ownerSchema).min(1).max(100_000),
  urls: z.int().min(1).max(10_000_000),
  days: z.int().min(1).max(3_650),
  seed: z.int().min(0).max(4_294_967_295),
  /** The newest moment a click can have, Unix milliseconds. */
  end: z.int(),
  from: z.int().min(0),
  to: z.int().min(0),
});

const SAMPLE_BATCH: z.input<typeof batchSchema> = {
  reading: { format: 'ndjson', columns: [] },
  first_line: 1,
  stream: '00000000-0000-4000-8000-000000000000',
  sequence: 0,
  is_last: true,
  owner: 'x',
  any_owner: false,
  allow_duplicates: false,
};

const ping = internalRoute({
  method: 'get',
  path: '/control/ping',
  access: administrators,
  parameters: noParameters,
  body: noBody,
  sample: { path: '/control/ping' },
  handler: () => () => ({ status: 200, body: { pid: process.pid } }),
});

const importBatch = internalRoute({
  method: 'post',
  path: '/control/import',
  access: administrators,
  parameters: parsedBy([], (ctx) => parseBatchHeader(ctx.get('x-spoor-batch'))),
  body: anyBytes(MAX_BATCH_BYTES),
  sample: {
    path: '/control/import',
    headers: { 'X-Spoor-Batch': encodeURIComponent(JSON.stringify(SAMPLE_BATCH)) },
    body: { type: 'text/plain', text: '' },
  },
  handler:
    (services) =>
    async ({ ctx, parameters: described, body: bytes }) => {
      const { reading, first_line: firstLine, stream, sequence, is_last: isLast } = described;
      const report = await withRoom(services, ctx, bytes, (room) =>
        services.importer.import(
          { reading, firstLine, bytes },
          { stream, sequence, isLast },
          {
            ownerId: described.owner,
            isAnyOwner: described.any_owner,
            areDuplicatesAllowed: described.allow_duplicates,
            areCodesKnown: described.known_codes,
            isDryRun: described.dry_run,
            now: services.now(),
            room,
          },
        ),
      );
      if (!described.dry_run) services.metrics.countClicks(report.accepted, 0);
      return { status: 200, body: report };
    },
});

const seed = internalRoute({
  method: 'post',
  path: '/control/seed',
  access: administrators,
  parameters: noParameters,
  body: internalJsonBody(seedSchema, MAX_SEED_BYTES),
  sample: {
    path: '/control/seed',
    body: {
      type: 'application/json',
      text: '{"clicks":0,"owners":["x"],"urls":1,"days":1,"seed":1,"end":1700000000000,"from":0,"to":0}',
    },
  },
  handler:
    (services) =>
    async ({ body: plan }) => {
      if (plan.from === 0) await registerSeedUrls(services, plan);
      await services.database.command(compileSeed(plan), { insert_deduplication_token: randomUUID() });
      return { status: 204 };
    },
});

/** What the command line needs beyond the public API; for administrators alone. */
export const CONTROL_ROUTES = [ping, importBatch, seed] as const;

/** The description of a batch, as percent-encoded JSON in a header. */
function parseBatchHeader(header: string): z.infer<typeof batchSchema> {
  try {
    return batchSchema.parse(JSON.parse(decodeURIComponent(header)));
  } catch {
    throw invalid('x-spoor-batch', 'The batch is not described as it must be.');
  }
}

async function registerSeedUrls({ urls }: Services, plan: SeedPlan): Promise<void> {
  const wanted = seedUrls(plan);
  const registered = await urls.registerMissing(wanted);
  const taken = wanted.find(({ shortCode, ownerId }) => registered.get(shortCode)?.ownerId !== ownerId);
  if (taken !== undefined)
    throw new AppError('conflict', `The short code ${taken.shortCode} has another owner.`);
}
