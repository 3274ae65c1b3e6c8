import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { SCHEDULE_RANGES } from '../schedules/window.ts';
import { parseUnrepeated } from '../lib/repeated-name.ts';
import { formatTable, note, printJson, printLine } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';
import { notEmpty } from './option-values.ts';

const scheduleSchema = z.looseObject({
  id: z.string(),
  name: z.string().nullable(),
  cron: z.string(),
  timezone: z.string(),
  range: z.string(),
  what: z.string().optional(),
  format: z.string().optional(),
  condition: z.unknown().optional(),
  next_run_at: z.string().nullable(),
});

const createdSchema = scheduleSchema.extend({ webhook_secret: z.string().optional() });

const runSchema = z.looseObject({
  due_at: z.string(),
  status: z.string(),
  attempts: z.number(),
  file_name: z.string().nullable(),
  value: z.number().nullable(),
  condition_met: z.boolean().nullable(),
  error: z.string().nullable(),
  webhook: z.object({ status: z.string() }).nullable(),
});

interface Options extends RemoteOptions {
  readonly json?: boolean;
}

interface OwnerOptions extends Options {
  readonly owner?: string;
}

interface CreateOptions extends OwnerOptions {
  readonly cron: string;
  readonly range: string;
  readonly timezone?: string;
  readonly name?: string;
  readonly what?: string;
  readonly format?: string;
  readonly destination?: string;
  readonly metric?: string;
  readonly over?: number;
  readonly under?: number;
  readonly change?: string;
  readonly webhook?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

const PATH = '/api/v1/schedules';
const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

const CREATE_EXAMPLES = `
Examples:
  spoor schedules create --owner me --cron '0 3 * * *' --range since_last_run --what clicks --format parquet
  spoor schedules create --cron @weekly --range last_week --format csv --parameters '{"group_by":["country"]}'
  spoor schedules create --cron @hourly --range since_last_run --change=-50% --webhook https://example.com/spoor`;

export function schedulesCommand(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('Create, list and delete schedules: exports at set times, and alerts.');

  jsonOption(schedules.command('create'))
    .description('Create a schedule: with --format an export, with --over, --under or --change an alert.')
    .requiredOption('--cron <line>', 'when it runs: minute, hour, day of the month, month, day of the week')
    .requiredOption('--range <name>', `range of each run: one of ${SCHEDULE_RANGES.join(', ')}`)
    .option('--owner <id>', "owner of the schedule (default: the key's)", notEmpty)
    .option('--name <name>', 'a note for people')
    .option('--timezone <zone>', 'time zone of the line and the range (default: UTC)')
    .option('--what <what>', 'what to export: stats or clicks (default: stats)')
    .option('--format <format>', 'format of the files')
    .option('--destination <name>', 'where the files are sent (default: they are stored by the server)')
    .option('--metric <metric>', 'what an alert measures (default: clicks)')
    .option('--over <number>', 'alert when it is over a number', parseNumber)
    .option('--under <number>', 'alert when it is under a number', parseNumber)
    .option(
      '--change <percent>',
      'alert when it changes by at least that much against the period before: -50%, +100%',
    )
    .option('--webhook <url>', 'URL to call when a run ends or an alert fires')
    .option('--parameters <json>', 'further parameters of the export or alert, as a JSON object', parseObject)
    .addHelpText('after', CREATE_EXAMPLES)
    .action(async (options: CreateOptions) => {
      const created = await withServer(options, (client) =>
        client.request('POST', PATH, { json: wantedOf(options) }),
      );
      if (options.json) return printJson(created);
      const { id, next_run_at: next, webhook_secret: secret } = createdSchema.parse(created);
      printLine(id);
      note(`It runs next at ${next}.`);
      if (secret !== undefined) note(`The secret of its webhook, shown this once: ${secret}`);
    });

  jsonOption(schedules.command('list'))
    .description('List the schedules of an owner.')
    .option('--owner <id>', "whose schedules (default: the key's owner)", notEmpty)
    .addHelpText('after', '\nExample:\n  spoor schedules list --owner me')
    .action(async ({ owner, ...options }: OwnerOptions) => {
      const response = await withServer(options, (client) =>
        client.request('GET', PATH, { query: { owner_id: owner } }),
      );
      if (options.json) return printJson(response);
      const { items } = z.object({ items: z.array(scheduleSchema) }).parse(response);
      if (items.length === 0) return printLine('There are no schedules.');
      printLine(
        formatTable(
          ['ID', 'NAME', 'CRON', 'ZONE', 'RANGE', 'WHAT', 'NEXT RUN'],
          items.map((one) => [
            one.id,
            one.name ?? '-',
            one.cron,
            one.timezone,
            one.range,
            one.condition === undefined ? `${one.what} as ${one.format}` : JSON.stringify(one.condition),
            one.next_run_at ?? 'never',
          ]),
        ),
      );
    });

  jsonOption(schedules.command('show'))
    .description('Show a schedule as JSON.')
    .argument('<id>', 'id of the schedule, as shown by `schedules list`')
    .addHelpText('after', `\nExample:\n  spoor schedules show ${EXAMPLE_ID}`)
    .action(async (id: string, options: Options) => {
      printJson(await withServer(options, (client) => client.request('GET', pathOf(id))));
    });

  jsonOption(schedules.command('runs'))
    .description('List the runs of a schedule, the newest first, and what came of them.')
    .argument('<id>', 'id of the schedule')
    .option('--limit <n>', 'how many (default: 100)')
    .addHelpText('after', `\nExample:\n  spoor schedules runs ${EXAMPLE_ID}`)
    .action(async (id: string, { limit, ...options }: Options & { readonly limit?: string }) => {
      const response = await withServer(options, (client) =>
        client.request('GET', `${pathOf(id)}/runs`, { query: { limit } }),
      );
      if (options.json) return printJson(response);
      const { items } = z.object({ items: z.array(runSchema) }).parse(response);
      if (items.length === 0) return printLine('There are no runs.');
      printLine(
        formatTable(
          ['DUE', 'STATUS', 'ATTEMPTS', 'WEBHOOK', 'RESULT'],
          items.map((run) => [
            run.due_at,
            run.status,
            run.attempts,
            run.webhook?.status ?? '-',
            run.error ?? run.file_name ?? (run.value === null ? '-' : `${run.value}${metOf(run)}`),
          ]),
        ),
      );
    });

  jsonOption(schedules.command('delete'))
    .description('Delete a schedule. The files that it has written stay.')
    .argument('<id>', 'id of the schedule')
    .addHelpText('after', `\nExample:\n  spoor schedules delete ${EXAMPLE_ID}`)
    .action(async (id: string, options: Options) => {
      await withServer(options, (client) => client.request('DELETE', pathOf(id)));
      if (options.json) printJson({ deleted: id });
      else printLine(`Deleted ${id}.`);
    });
}

const EXAMPLE_ID = '5d1b6c1e-6d0f-4a53-9a0e-0d3b0a6f8a11';

function jsonOption(command: Command): Command {
  return remoteOption(command).option('--json', 'print the result as JSON');
}

function metOf({ condition_met: isMet }: z.output<typeof runSchema>): string {
  return isMet === true ? ', condition met' : '';
}

function wantedOf({ owner, metric, over, under, change, webhook, parameters, ...options }: CreateOptions) {
  const { cron, range, timezone, name, what, format, destination } = options;
  const isAlert = [over, under, change].some((bound) => bound !== undefined);
  return {
    ...parameters,
    cron,
    range,
    timezone,
    name,
    what,
    format,
    destination,
    owner_id: owner,
    ...(webhook !== undefined && { webhook: { url: webhook } }),
    ...(isAlert && { condition: { metric, over, under, change } }),
  };
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(parseUnrepeated(text));
  } catch (error) {
    throw new InvalidArgumentError(`It is not a JSON object: ${messageOf(error)}.`);
  }
}
