import { z } from 'zod';
import { invalid, invalidBy, notOneOf } from '../../errors.ts';
import { EXPORTED } from '../../export-jobs/export-job.ts';
import { type Principal, type Scope, hasScope } from '../../keys/scopes.ts';
import type { Condition } from '../../schedules/condition.ts';
import { MAX_CRON_LENGTH, checkCron } from '../../schedules/cron.ts';
import type { AlertTask, ExportTask, ScheduleDefinition } from '../../schedules/schedule.ts';
import { isPrivateHost } from '../../schedules/webhook.ts';
import { SCHEDULE_RANGES, datesOf, windowOf } from '../../schedules/window.ts';
import { PROPERTY_NAMES } from '../../stats/registry/properties.ts';
import { parseTimeZone } from '../../stats/parse/requested-range.ts';
import { anything, inputJsonSchema, requestSchema } from '../openapi/schemas.ts';
import { requireScope } from '../request/context.ts';
import { jsonParameters } from '../request/json-parameters.ts';
import { nameSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';
import { findTenant } from '../request/tenant.ts';
import { EXPORT_KINDS, checkOrder } from '../response/export-kinds.ts';
import { parseQuestion } from '../response/stats-response.ts';
import { withoutObjects } from '../route/declared-parameters.ts';
import { COUNTING } from './click-parameters.ts';
import { ORDER_NAMES, ORDER_PARAMETERS } from './export-job-schemas.ts';
import { conditionSchema } from './schedule-condition.ts';
import { statsParameters } from './stats-parameters.ts';
import { fieldOf } from './stats-query-schemas.ts';

/** Scopes that a schedule can keep of its key. It reads only its owner's clicks. */
const READING: readonly Scope[] = ['stats:read', 'urls:read', 'clicks:read', 'visitors:read'];

/** Fields that `range` of a schedule replaces. */
const DATES: readonly string[] = ['start_date', 'end_date'];
const OWN: readonly string[] = ['format', 'range', 'timezone', 'owner_id'];
const isParameter = (name: string): boolean => !DATES.includes(name) && !OWN.includes(name);
const PARAMETERS = ORDER_PARAMETERS.filter(({ name }) => isParameter(name));
const MEASURED_NAMES = statsParameters()
  .flatMap(withoutObjects)
  .map(({ name }) => name)
  // An alert measures one number.
  .filter((name) => isParameter(name) && !COUNTING.includes(name));

const MAX_URL_LENGTH = 2_048;

const webhookUrl = z
  .string('must be a URL')
  .max(MAX_URL_LENGTH, `must have at most ${MAX_URL_LENGTH} characters`)
  .refine(isCallable, 'must be an http or https URL without a name, a password or a fragment');

const ownFields = {
  name: nameSchema.nullish(),
  cron: z
    .string('must be a cron line')
    .max(MAX_CRON_LENGTH, `must have at most ${MAX_CRON_LENGTH} characters`),
  timezone: z.string('must be a time zone').default('UTC'),
  range: z.enum(SCHEDULE_RANGES, `must be one of: ${SCHEDULE_RANGES.join(', ')}`),
  owner_id: z.string('must be a string').nullish(),
  what: z.string('must be a string').optional(),
  format: z.string('must be a string').optional(),
  destination: z.string('must be the name of one').nullish(),
  condition: conditionSchema.nullish(),
  webhook: z.strictObject({ url: webhookUrl }).nullish(),
};

const own = z.object(ownFields);

/** A schedule to be made. Its parameters are parsed as those of an export or of statistics are. */
export const scheduleBody = requestSchema(
  'ScheduleWanted',
  z
    .strictObject({
      ...Object.fromEntries(PARAMETERS.map(({ name }) => [name, anything])),
      ...ownFields,
    })
    .meta({
      patternProperties: { [PROPERTY_NAMES]: { type: ['string', 'array'], items: { type: 'string' } } },
      required: ['cron', 'range'],
    }),
  {
    description:
      'An export with the parameters of `POST /api/v1/exports`, or with a `condition` an alert with the parameters of statistics that select clicks.',
    fields: () => ({
      ...Object.fromEntries(PARAMETERS.map((parameter) => [parameter.name, fieldOf(parameter)])),
      ...Object.fromEntries(
        Object.entries(ownFields).map(([name, schema]) => [name, inputJsonSchema(schema)]),
      ),
      name: { description: 'A note for people.', type: ['string', 'null'], minLength: 1, maxLength: 128 },
      cron: {
        description:
          'When it runs: minute, hour, day of the month, month and day of the week, such as `0 3 * * MON-FRI`; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. If both days are restricted, a day that matches either counts. If the clock skips a time of day, the run is right after the jump; if the time happens twice, the run is the first time.',
        type: 'string',
        maxLength: MAX_CRON_LENGTH,
        examples: ['0 3 * * *'],
      },
      timezone: {
        description: 'The zone of `cron`, of `range` and of buckets: an IANA name.',
        type: 'string',
        default: 'UTC',
        examples: ['Europe/Berlin'],
      },
      range: {
        description:
          'The range of each run, relative to its scheduled time. `since_last_run`: in an export of clicks, the clicks that arrived since the last run, each in exactly one file (in the first file all stored clicks); in an alert, the clicks since the previous scheduled time.',
        type: 'string',
        enum: SCHEDULE_RANGES,
      },
      owner_id: {
        description: "Whose schedule; another owner than the key's takes `admin:all`.",
        type: ['string', 'null'],
      },
      what: { description: 'What to export.', type: 'string', enum: EXPORTED, default: 'stats' },
      format: { description: 'The format of the files.', type: 'string' },
      destination: {
        description:
          "The name of a destination that the operator has set up. Default: the files are among the owner's exports.",
        type: ['string', 'null'],
      },
      condition: {
        ...inputJsonSchema(conditionSchema),
        description:
          'Makes an alert: `over` or `under` a number, or a `change` by at least that percentage against the period before (`+` a rise, `-` a fall). It needs a `webhook`, which is called when the condition becomes true, and again only after it was false.',
        type: ['object', 'null'],
      },
      webhook: {
        ...inputJsonSchema(ownFields.webhook),
        description:
          'Receives a `POST`, signed according to Standard Webhooks, when a file is written or given up, or when an alert fires.',
        type: ['object', 'null'],
        properties: { url: { type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH } },
        required: ['url'],
      },
    }),
  },
);

/** A requested schedule, and its owner. */
export interface WantedSchedule {
  /** undefined: not said. */
  readonly ownerId: string | undefined;
  /** @throws AppError for parameters that are wrong, and for what the key may not see */
  readonly check: (services: Services, principal: Principal) => Promise<ScheduleDefinition>;
}

/**
 * Parses the body of a schedule. What its parameters are is checked for the owner whose schedule it becomes.
 * @throws AppError 400, 422
 */
export function parseSchedule(sent: Readonly<Record<string, unknown>>): WantedSchedule {
  const parsed = own.safeParse(sent);
  if (!parsed.success) throw invalidBy(parsed.error);
  const { data } = parsed;
  const given = Object.fromEntries(Object.entries(sent).filter(([name]) => !(name in ownFields)));
  const dated = DATES.find((name) => name in given);
  if (dated !== undefined) throw invalid(dated, `${dated} does not go with a schedule: its range says it.`);
  const webhook = data.webhook?.url ?? null;
  return {
    ownerId: data.owner_id ?? undefined,
    check: async (services, principal) => {
      if (webhook !== null && !services.allowsPrivateWebhooks && isPrivateHost(new URL(webhook))) {
        throw invalid('webhook', 'webhook must have an address of the public internet.');
      }
      const now = services.now();
      const timezone = parseTimeZone(data.timezone, await services.timeZones());
      checkCron({ cron: data.cron, timezone }, now);
      const task = data.condition == null ? exportOf(data) : alertOf(data.condition, data, webhook);
      const definition: ScheduleDefinition = {
        name: data.name ?? null,
        times: { cron: data.cron, timezone },
        range: data.range,
        task,
        parameters: given,
        webhookUrl: webhook,
        scopes: READING.filter((scope) => hasScope(principal, [scope])),
      };
      await checkReading(services, definition, principal, now);
      return definition;
    },
  };
}

type OwnFields = z.output<typeof own>;

function exportOf({ what: named = 'stats', format, destination, range }: OwnFields): ExportTask {
  const what = EXPORTED.find((known) => known === named);
  if (what === undefined) throw notOneOf('what', EXPORTED);
  if (what === 'stats' && range === 'since_last_run') {
    throw invalid('range', 'range=since_last_run goes with what=clicks, and with a condition.');
  }
  return { kind: 'export', what, format: format ?? '', destination: destination ?? null };
}

function alertOf(found: Condition, sent: OwnFields, webhook: string | null): AlertTask {
  const other = (['what', 'format', 'destination'] as const).find((name) => sent[name] != null);
  if (other !== undefined) throw invalid(other, `${other} does not go with a condition.`);
  if (webhook === null) throw invalid('webhook', 'webhook is required with a condition.');
  return { kind: 'alert', condition: found };
}

/** Checks what a schedule reads, by what its run would read now. */
async function checkReading(
  services: Services,
  { task, range, times: { timezone }, parameters, scopes }: ScheduleDefinition,
  { id, ownerId, rateLimit }: Principal,
  now: number,
): Promise<void> {
  const principal: Principal = { id, ownerId, rateLimit, scopes };
  const window = range === 'since_last_run' ? { from: now - 1, before: now } : windowOf(range, timezone, now);
  const dated = { ...datesOf(window), timezone };
  if (task.kind === 'alert') {
    const raw = { ...jsonParameters(parameters, MEASURED_NAMES), ...dated, metrics: task.condition.metric };
    const { asked } = await parseQuestion(services, { principal }, { text: '', raw: () => raw });
    await findTenant(services, asked.subject, principal);
    return;
  }
  const { what, format, destination } = task;
  requireScope(principal, ...EXPORT_KINDS[what].scopes);
  const raw = { ...jsonParameters(parameters, ORDER_NAMES[what].filter(isParameter)), ...dated, format };
  await checkOrder(services, { what, parameters: raw, destination }, principal);
  services.exportJobs.checkDestination(destination);
}

function isCallable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, hash].every((part) => part === '');
}
