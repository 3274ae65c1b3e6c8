import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { MAX_ROWS_EACH } from '../../clickhouse/tombstones.ts';
import { AppError } from '../../errors.ts';
import type { Schedule } from '../../schedules/schedule.ts';
import { MAX_SCHEDULES } from '../../schedules/schedule-store.ts';
import { ownerFor } from '../request/owner-for.ts';
import { ownerSchema, wholeNumberSchema } from '../request/request-schemas.ts';
import { keyWith } from '../route/access.ts';
import { jsonObjectBody, noBody } from '../route/body.ts';
import { noParameters, parameters } from '../route/declared-parameters.ts';
import { JSON_HEADERS, itemsBytes } from '../response/json-body.ts';
import { empty, encodedJson, json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_ONE_OF } from './common-responses.ts';
import { EXPORT_SCOPES, scopeOf } from './export-job-access.ts';
import { maySeeSchedule, noSchedule, scheduleOf } from './schedule-access.ts';
import {
  ALERT_EXAMPLE,
  RUN_EXAMPLE,
  SCHEDULE_EXAMPLE,
  SCHEDULE_ID,
  WANTED_EXAMPLE,
} from './schedule-examples.ts';
import { parseSchedule, scheduleBody } from './schedule-definition.ts';
import {
  newScheduleSchema,
  presentRun,
  presentSchedule,
  runPageSchema,
  runSchema,
  scheduleSchema,
  schedulesSchema,
} from './schedule-schemas.ts';

const MAX_BODY_BYTES = 65_536;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

const COMMON = {
  tag: 'Schedules',
  rateLimit: 'none',
  share: 'registry',
  access: keyWith(...EXPORT_SCOPES),
} as const;
const PATH = '/api/v1/schedules/{id}';
const SAMPLE_PATH = `/api/v1/schedules/${SCHEDULE_ID}`;

const idParameter = {
  in: 'path',
  schema: z.string(),
  description: 'The `id` of the schedule.',
  example: SCHEDULE_ID,
} as const;

const oneSchedule = parameters({ id: idParameter });

const BODY = jsonObjectBody(scheduleBody, {
  description: 'The schedule. Up to 64 KiB.',
  isRequired: true,
  maxBytes: MAX_BODY_BYTES,
  examples: {
    export: { summary: "Yesterday's clicks by country, every night", value: WANTED_EXAMPLE },
    alert: { summary: 'Half of the clicks of the hour before, or fewer', value: ALERT_EXAMPLE },
  },
});

const ONE = (description: string) =>
  json({ schema: scheduleSchema, description, examples: { schedule: { value: SCHEDULE_EXAMPLE } } });

const createSchedule = route({
  ...COMMON,
  method: 'post',
  path: '/api/v1/schedules',
  operationId: 'createSchedule',
  summary: 'Create a schedule',
  description: `An export that is made again and again, or with a \`condition\` an alert. An owner has at most ${MAX_SCHEDULES}, and may create and delete ${MAX_ROWS_EACH.toLocaleString('en-US')} a day. A schedule belongs to the owner, not to the key that created it: it goes on when the key is revoked, with what the key could read.

Each run is about the \`range\` as of the time that it is due. After a time in which Spoor was down, the last time that was missed is made up for, and no other. A run that fails is tried again, and a repeated attempt writes the same file.

A \`webhook\` is sent \`{"type": "export.done" | "export.failed" | "alert.fired", "timestamp", "data"}\`, signed as [Standard Webhooks](https://www.standardwebhooks.com) has it, again with growing pauses until it responds with a status of 200 to 299.`,
  parameters: noParameters,
  body: BODY,
  responses: {
    201: json({
      schema: newScheduleSchema,
      description: 'The schedule was created.',
      examples: { schedule: { value: { ...SCHEDULE_EXAMPLE, webhook_secret: 'whsec_…' } } },
    }),
    422: NOT_ONE_OF,
  },
  errors: ['not_found'],
  samples: [
    {
      label: "Yesterday's clicks by country, every night",
      path: '/api/v1/schedules',
      body: { type: 'application/json', text: JSON.stringify(WANTED_EXAMPLE) },
    },
    {
      label: 'An alert',
      path: '/api/v1/schedules',
      body: { type: 'application/json', text: JSON.stringify(ALERT_EXAMPLE) },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, body }) => {
      ctx.state.isRead = true;
      const wanted = parseSchedule(body);
      const ownerId = ownerFor(principal, wanted.ownerId);
      const definition = await wanted.check(services, { ...principal, ownerId });
      const now = services.now();
      const schedule: Schedule = { ...definition, id: randomUUID(), ownerId, createdAt: now, changedAt: now };
      await services.schedules.create(schedule);
      const secret = schedule.webhookUrl === null ? undefined : services.webhookSecretOf(schedule.id);
      return {
        status: 201,
        headers: { 'Cache-Control': 'no-store' },
        body: {
          ...presentSchedule(schedule, now),
          ...(secret !== undefined && { webhook_secret: secret }),
        },
      };
    },
});

const listSchedules = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/schedules',
  operationId: 'listSchedules',
  summary: 'List schedules',
  description:
    "The schedules of the key's owner, or with `admin:all` of the one that `owner_id` names, the oldest first. Those of what the key may not read are left out.",
  parameters: parameters({
    owner_id: {
      in: 'query',
      schema: ownerSchema.optional(),
      description: "Whose schedules; another owner than the key's takes `admin:all`.",
      example: 'me',
    },
  }),
  body: noBody,
  responses: {
    200: encodedJson({
      schema: schedulesSchema,
      nested: [scheduleSchema],
      description: 'The schedules.',
      examples: { schedules: { value: { items: [SCHEDULE_EXAMPLE] } } },
    }),
  },
  errors: [],
  samples: [{ label: 'All', path: '/api/v1/schedules' }],
  handler:
    ({ schedules, now }) =>
    async ({ principal, parameters: { owner_id: named } }) => {
      const all = await schedules.all(ownerFor(principal, named));
      const found = all.filter((schedule) => maySeeSchedule(principal, schedule));
      const body = await itemsBytes(found, (schedule) => presentSchedule(schedule, now()));
      return { status: 200, headers: JSON_HEADERS, body };
    },
});

const getSchedule = route({
  ...COMMON,
  method: 'get',
  path: PATH,
  operationId: 'getSchedule',
  summary: 'Look up a schedule',
  description: 'A schedule, and when it runs next.',
  parameters: oneSchedule,
  body: noBody,
  responses: { 200: ONE('The schedule.') },
  errors: ['not_found'],
  samples: [{ label: 'One schedule', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ principal, parameters: { id } }) => ({
      status: 200,
      body: presentSchedule(await scheduleOf(services, id, principal), services.now()),
    }),
});

const putSchedule = route({
  ...COMMON,
  method: 'put',
  path: PATH,
  operationId: 'putSchedule',
  summary: 'Change a schedule',
  description:
    'Replaces all of it but its owner, its runs and the secret of its webhook. It counts from the next time on; files of `since_last_run` go on where the last one has ended.',
  parameters: oneSchedule,
  body: BODY,
  responses: { 200: ONE('The schedule was changed.'), 422: NOT_ONE_OF },
  errors: ['not_found', 'conflict'],
  samples: [
    {
      label: 'One schedule',
      path: SAMPLE_PATH,
      body: { type: 'application/json', text: JSON.stringify(WANTED_EXAMPLE) },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id }, body }) => {
      ctx.state.isRead = true;
      const { ownerId } = await scheduleOf(services, id, principal);
      const wanted = parseSchedule(body);
      if ((wanted.ownerId ?? ownerId) !== ownerId) {
        throw new AppError('conflict', 'The schedule has another owner, and an owner does not change.', {
          field: 'owner_id',
        });
      }
      const definition = await wanted.check(services, { ...principal, ownerId });
      const now = services.now();
      const changed = await services.schedules.change(ownerId, id, { ...definition, changedAt: now });
      if (changed === undefined) throw noSchedule();
      return { status: 200, body: presentSchedule(changed, now) };
    },
});

const deleteSchedule = route({
  ...COMMON,
  method: 'delete',
  path: PATH,
  operationId: 'deleteSchedule',
  summary: 'Delete a schedule',
  description: 'It runs no more, and its webhook is called no more. The files that it has written stay.',
  parameters: oneSchedule,
  body: noBody,
  responses: { 204: empty('The schedule is deleted. No body.') },
  errors: ['not_found'],
  samples: [{ label: 'One schedule', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id } }) => {
      ctx.state.isRead = true;
      await scheduleOf(services, id, principal);
      const wasThere = await services.schedules.delete(scopeOf(principal), id, services.now());
      if (!wasThere) throw noSchedule();
      return { status: 204 };
    },
});

const listRuns = route({
  ...COMMON,
  method: 'get',
  path: `${PATH}/runs`,
  operationId: 'listScheduleRuns',
  summary: 'List the runs of a schedule',
  description: 'What came of each run, the newest first, page by page. Runs are listed for 90 days.',
  parameters: parameters({
    id: idParameter,
    cursor: {
      in: 'query',
      schema: z
        .string()
        .regex(/^\d{1,15}$/, 'must be the next_cursor of an earlier response')
        .optional(),
      description: 'The `next_cursor` of the page before.',
    },
    limit: {
      in: 'query',
      schema: wholeNumberSchema(MAX_LIMIT).optional(),
      description: `Runs on the page. Default: ${DEFAULT_LIMIT}.`,
    },
  }),
  body: noBody,
  responses: {
    200: json({
      schema: runPageSchema,
      nested: [runSchema],
      description: 'A page of runs.',
      examples: { page: { value: { items: [RUN_EXAMPLE], next_cursor: null } } },
    }),
  },
  errors: ['not_found'],
  samples: [{ label: 'The newest', path: `${SAMPLE_PATH}/runs`, query: { limit: '10' } }],
  handler:
    (services) =>
    async ({ principal, parameters: { id, cursor, limit = DEFAULT_LIMIT } }) => {
      const schedule = await scheduleOf(services, id, principal);
      const before = cursor === undefined ? undefined : Number(cursor);
      const found = await services.scheduleRuns.list(schedule, { before, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return {
        status: 200,
        body: {
          items: items.map(presentRun),
          next_cursor: last === undefined ? null : String(last.dueAt),
        },
      };
    },
});

export const SCHEDULE_ROUTES = [
  createSchedule,
  listSchedules,
  getSchedule,
  putSchedule,
  deleteSchedule,
  listRuns,
] as const;
