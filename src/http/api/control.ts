import { randomUUID } from 'node:crypto';
import type { Router } from '@koa/router';
import { z } from 'zod';
import { IMPORT_FORMAT_NAMES } from '../../clicks/import/formats.ts';
import { type SeedPlan, compileSeed, seedUrls } from '../../clicks/sample-clicks.ts';
import { AppError, invalid } from '../../errors.ts';
import { readJson, withBody } from '../body/read-body.ts';
import { withRoom } from '../body/ingest-memory.ts';
import {
  type Handler,
  type State,
  pathParameter,
  requireAdmin,
  requirePrincipal,
} from '../request/context.ts';
import { ownerSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';

/** A batch as the command line sends it: some thousand lines. */
const BATCH_LIMIT = 64 * 1_048_576;
/** A plan names its owners, which can be many. */
const SEED_LIMIT = 1_048_576;

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be the name of a batch');

const batchSchema = z.object({
  format: z.enum(IMPORT_FORMAT_NAMES, `must be one of: ${IMPORT_FORMAT_NAMES.join(', ')}`),
  columns: z.array(z.string()),
  parent: hash,
  first_line: z.int().min(1),
  owner: ownerSchema,
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

/** What the command line needs beyond the public API; for administrators alone. */
export function controlRoutes(router: Router<State>, services: Services): void {
  const adminOnly: Handler = async (ctx, next) => {
    requireAdmin(requirePrincipal(ctx));
    await next();
  };

  router.get('/control/ping', adminOnly, (ctx) => {
    ctx.body = { pid: process.pid };
  });

  router.get('/control/import/following/:parent', adminOnly, async (ctx) => {
    ctx.body = { items: await services.importer.following(pathParameter(ctx, 'parent')) };
  });

  router.post('/control/import', adminOnly, async (ctx) => {
    const { owner, first_line: firstLine, ...batch } = describedBatch(ctx.get('x-spoor-batch'));
    const report = await withBody(services, ctx, { scopes: [], limit: BATCH_LIMIT }, (bytes) =>
      withRoom(services, ctx, bytes, (room) =>
        services.importer.import(
          { ...batch, firstLine, bytes },
          { ownerId: owner, now: services.now(), room },
        ),
      ),
    );
    services.metrics.countClicks(report.accepted, 0);
    ctx.body = report;
  });

  router.post('/control/seed', adminOnly, async (ctx) => {
    const plan = await readJson(services, ctx, { schema: seedSchema, scopes: [], limit: SEED_LIMIT });
    if (plan.from === 0) await registerSeedUrls(services, plan);
    await services.database.command(compileSeed(plan), { insert_deduplication_token: randomUUID() });
    ctx.status = 204;
  });
}

/** The description that comes beside a batch's text, as percent-encoded JSON in a header. */
function describedBatch(header: string): z.infer<typeof batchSchema> {
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
