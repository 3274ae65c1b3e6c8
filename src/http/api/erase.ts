import type { Router } from '@koa/router';
import { z } from 'zod';
import { type Erasure, conditionsOf } from '../../clicks/erasure.ts';
import { storedCodeSchema } from '../../clicks/schema.ts';
import { invalid } from '../../errors.ts';
import { parseDateParameter } from '../../lib/date-time.ts';
import { parseIp } from '../../lib/ip.ts';
import { characters, wellFormed } from '../../lib/text.ts';
import { knownToNode } from '../../lib/time-zone.ts';
import { readJson } from '../body/read-body.ts';
import type { EraseAnswer } from '../openapi/answers.ts';
import { type State, requirePrincipal } from '../request/context.ts';
import { ownerSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';

const date = z.union([z.string(), z.number()], 'must be an ISO 8601 or Unix time').transform(String);

/**
 * Strict in everything, and nothing may be null: a selector that is misspelt or lost its value must not make an
 * erasure wider. The visitor's address and user agent come in the body because URLs end up in logs.
 */
export const selectorsSchema = z.strictObject(
  {
    owner_id: ownerSchema.optional(),
    short_code: storedCodeSchema.transform(wellFormed).optional(),
    start_date: date.optional(),
    end_date: date.optional(),
    timezone: z.string('must be a string').default('UTC'),
    ip: z
      .string('must be a string')
      .transform(parseIp)
      .refine((ip) => ip !== undefined, 'must be an IPv4 or IPv6 address')
      .optional(),
    user_agent: z
      .string('must be a string')
      .refine((text) => characters(text) <= 2_048, 'must be at most 2048 characters')
      .transform(wellFormed)
      .optional(),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be a JSON object' : undefined) },
);

const SELECTORS = ['owner_id', 'short_code', 'start_date', 'end_date', 'ip', 'user_agent'];

export function eraseRoutes(router: Router<State>, services: Services): void {
  router.delete('/api/v1/clicks', async (ctx) => {
    requirePrincipal(ctx);
    if (ctx.querystring !== '') throw invalid('body', 'What to erase is said in the body, not in the URL.');
    const selectors = await readJson(services, ctx, { schema: selectorsSchema, scopes: [] });
    const [first, ...others] = conditionsOf(await erasureOf(services, selectors));
    if (first === undefined) throw invalid('body', `Say which clicks: ${SELECTORS.join(', ')}.`);
    const erased = await services.removal.remove([first, ...others], (work) => services.urls.gate.shut(work));
    ctx.body = { erased } satisfies EraseAnswer;
  });
}

async function erasureOf(
  { timeZones, hashVisitor }: Services,
  selectors: z.output<typeof selectorsSchema>,
): Promise<Erasure> {
  const { timezone, ip, user_agent: userAgent = '' } = selectors;
  if (!(await timeZones()).has(timezone) || !knownToNode(timezone)) {
    throw invalid('timezone', 'timezone must be an IANA name, spelt exactly, such as Europe/Berlin.');
  }
  const start = instantOf('start_date', selectors.start_date, timezone, 'start');
  const end = instantOf('end_date', selectors.end_date, timezone, 'end');
  if (start !== undefined && end !== undefined && start > end) {
    throw invalid('start_date', 'start_date lies after end_date.');
  }
  // With neither, everybody would be meant whose clicks carry neither: no visitor at all.
  if (userAgent === '' && selectors.user_agent !== undefined && ip === undefined) {
    throw invalid('user_agent', 'user_agent must not be empty without ip.');
  }
  const visitor = ip === undefined && userAgent === '' ? undefined : hashVisitor(ip, userAgent);
  return { ownerId: selectors.owner_id, shortCode: selectors.short_code, start, end, visitor };
}

function instantOf(
  field: string,
  text: string | undefined,
  zone: string,
  edge: 'start' | 'end',
): number | undefined {
  if (text === undefined) return undefined;
  const instant = parseDateParameter(text.trim(), zone, edge);
  if (instant !== undefined) return instant;
  throw invalid(field, `${field} must be an ISO 8601 date or time, such as 2026-01-31, or a Unix time.`);
}
