import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { EXPORTED, type ExportJob } from '../../export-jobs/export-job.ts';
import { type Principal, type Scope, hasScope, isAdmin } from '../../keys/scopes.ts';
import { type Context, requireScope } from '../request/context.ts';
import { inRegistryShare } from '../request/registry-share.ts';
import type { Services } from '../request/services.ts';
import { EXPORT_KINDS } from '../response/export-kinds.ts';
import { JOB_EXAMPLE } from './export-job-body.ts';

/** What the routes of export jobs have in common. */
export const COMMON = { tag: 'Exports', rateLimit: 'none' } as const;

export const ONE_JOB = '/api/v1/exports/{id}';
export const SAMPLE_PATH = `/api/v1/exports/${JOB_EXAMPLE.id}`;

export const ID_PARAMETER = {
  in: 'path',
  schema: z.string(),
  description: 'The `id` of the export.',
  example: JOB_EXAMPLE.id,
} as const;

/** A key needs one of these scopes for an export; which one depends on what is exported. */
export const EXPORT_SCOPES = [...new Set<Scope>(EXPORTED.flatMap((what) => EXPORT_KINDS[what].scopes))];

/** Whose exports a key is for; undefined: every owner's. */
export function scopeOf(principal: Principal): string | undefined {
  return isAdmin(principal) ? undefined : principal.ownerId;
}

/** A key needs one scope of each of these lists. */
function neededFor({ order: { what, scopes } }: ExportJob): readonly (readonly Scope[])[] {
  return [EXPORT_KINDS[what].scopes, ...scopes.map((scope) => [scope])];
}

export function maySee(principal: Principal, job: ExportJob): boolean {
  return neededFor(job).every((scopes) => hasScope(principal, scopes));
}

/** @throws AppError 404 if there is none, or it belongs to another owner; 403 without the scope for what it exports */
export async function jobOf(
  services: Services,
  ctx: Context,
  id: string,
  principal: Principal,
): Promise<ExportJob> {
  const find = () => services.exportJobs.find(id, scopeOf(principal));
  const job = await inRegistryShare(services, ctx, find);
  if (job === undefined) throw noExport();
  for (const scopes of neededFor(job)) requireScope(principal, ...scopes);
  return job;
}

export function noExport(): AppError {
  return new AppError('not_found', 'There is no such export.', { field: 'id' });
}
