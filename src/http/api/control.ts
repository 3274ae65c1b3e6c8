import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type SeedPlan, compileSeed, seedUrls } from '../../clicks/sample-clicks.ts';
import { AppError } from '../../errors.ts';
import { newOwnerSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';
import { administrators } from '../route/access.ts';
import { internalJsonBody, noBody } from '../route/body.ts';
import { noParameters } from '../route/declared-parameters.ts';
import { internalRoute } from '../route/route.ts';

/** A plan names its owners, which can be many. */
const MAX_SEED_BYTES = 1_048_576;

const seedSchema = z.object({
  clicks: z.int().min(0).max(10_000_000_000),
  owners: z.array(newOwnerSchema).min(1).max(100_000),
  urls: z.int().min(1).max(10_000_000),
  days: z.int().min(1).max(3_650),
  seed: z.int().min(0).max(4_294_967_295),
  /** The newest moment a click can have, Unix milliseconds. */
  end: z.int(),
  from: z.int().min(0),
  to: z.int().min(0),
});

const ping = internalRoute({
  method: 'get',
  path: '/control/ping',
  access: administrators,
  parameters: noParameters,
  body: noBody,
  sample: { path: '/control/ping' },
  handler: () => () => ({ status: 200, body: { pid: process.pid } }),
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
export const CONTROL_ROUTES = [ping, seed] as const;

async function registerSeedUrls({ urls }: Services, plan: SeedPlan): Promise<void> {
  const wanted = seedUrls(plan);
  const registered = await urls.registerMissing(wanted);
  const taken = wanted.find(({ shortCode, ownerId }) => registered.get(shortCode)?.ownerId !== ownerId);
  if (taken !== undefined)
    throw new AppError('conflict', `The short code ${taken.shortCode} has another owner.`);
}
