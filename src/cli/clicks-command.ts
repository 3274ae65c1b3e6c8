import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { CLICK_COLUMN_NAMES } from '../click-rows/columns.ts';
import { CLICK_ORDERS } from '../click-rows/query.ts';
import { readConfig } from '../config.ts';
import { FILTER_NAMES } from '../stats/registry/dimension-names.ts';
import { RANGE_NAMES } from '../stats/registry/ranges.ts';
import { type Client, type Query, createClient, findServer } from './client.ts';
import { CommandError } from './command-error.ts';
import { CONDITIONS, type Conditions, conditionOptions } from './condition-options.ts';
import { note } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';
import { notEmpty } from './stats-options.ts';

type Options = Readonly<Record<string, string | boolean | Conditions | undefined>> &
  RemoteOptions & { readonly limit?: number; readonly follow?: boolean };

/** Parameters of the API that are options with the same names. */
const PARAMETERS: Readonly<Record<string, string>> = {
  start_date: 'start of the range, for example 2026-01-24 (default: 7 days before the end)',
  end_date: 'end of the range, inclusive',
  range: `a range by its name: one of ${RANGE_NAMES.join(', ')}`,
  timezone: 'IANA time zone, for example Asia/Kolkata',
  fields: `what to show, separated by commas: any of ${CLICK_COLUMN_NAMES.join(',')}`,
  filters: 'JSON object, for example {"browser":["Chrome"]}',
  ...Object.fromEntries(
    FILTER_NAMES.filter((name) => name !== 'short_code').map((name) => [
      name,
      'filter: values, comma-separated',
    ]),
  ),
  segment: 'name of a segment of the owner',
  bots: 'include, exclude or only',
};

/** What a click that arrives is not chosen by. */
const OF_LISTINGS = ['start_date', 'end_date', 'range', 'order'];

const EXAMPLES = `
Examples:
  spoor clicks --owner me --range yesterday --order oldest
  spoor clicks --owner me --country DE --fields clicked_at,short_code,referrer --limit 20
  spoor clicks --owner me --follow`;

const pageSchema = z.object({ items: z.array(z.unknown()), next_cursor: z.string().nullable() });

const PAGE = 1_000;
const WAIT_SECONDS = 30;
const RETRY_EVERY_MS = 1_000;

export function clicksCommand(program: Command): void {
  const command = program
    .command('clicks')
    .description('Print the clicks themselves, a JSON object on each line.')
    .option('--owner <id>', "only this owner (default: all owners; with --url the key's owner)", notEmpty)
    .option('--short-code <code>', 'only this short code', notEmpty);
  for (const [name, meaning] of Object.entries(PARAMETERS)) {
    command.option(`--${name.replaceAll('_', '-')} <value>`, meaning);
  }
  command
    .addOption(new Option('--order <order>', 'newest or oldest first, or by link').choices(CLICK_ORDERS))
    .option('--visitors', 'also the hash of the visitor')
    .option('--limit <n>', 'print so many clicks at most', wholeNumber)
    .option('--follow', 'print clicks as they arrive, until Ctrl-C; the server must run');
  conditionOptions(remoteOption(command), process.argv)
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      if (options.follow !== true) return withServer(options, (client) => print(client, options));
      const other = OF_LISTINGS.find((name) => options[camelCase(name)] !== undefined);
      if (other !== undefined) {
        throw new CommandError(
          `--${other.replaceAll('_', '-')} does not go with --follow: clicks come as they arrive.`,
          { exitCode: 2 },
        );
      }
      await follow(options);
    });
}

async function print(client: Client, options: Options): Promise<void> {
  let left = options.limit ?? Infinity;
  let query: Query = parametersOf(options);
  while (left > 0) {
    const page = await pageOf(client, '/api/v1/clicks', { ...query, limit: String(Math.min(PAGE, left)) });
    await printItems(page.items);
    left -= page.items.length;
    if (page.next_cursor === null) return;
    query = { cursor: page.next_cursor };
  }
}

/** Goes on after a restart of the server with the clicks that have arrived since. */
async function follow(options: Options): Promise<void> {
  const end = (): void => process.exit(0);
  process.once('SIGINT', end).once('SIGTERM', end);
  const config = readConfig();
  let left = options.limit ?? Infinity;
  let query: Query = parametersOf(options);
  let isWaiting = false;
  while (left > 0) {
    try {
      const client =
        options.url === undefined ? await findServer(config) : createClient(options.url, config.apiKey);
      if (client === undefined) {
        throw new CommandError(`No server runs on ${config.dataDir}: start it, or name one with --url.`, {
          isRetryable: 'after' in query,
        });
      }
      const asked = { ...query, wait: String(WAIT_SECONDS), limit: String(Math.min(PAGE, left)) };
      const page = await pageOf(client, '/api/v1/clicks/changes', asked);
      if (isWaiting) note('The server responds again: going on.');
      isWaiting = false;
      await printItems(page.items);
      left -= page.items.length;
      query = { after: page.next_cursor ?? undefined };
    } catch (cause) {
      if (!(cause instanceof CommandError) || !cause.isRetryable || !('after' in query)) throw cause;
      if (!isWaiting) note(`${cause.message} Waiting for it.`);
      isWaiting = true;
      await delay(RETRY_EVERY_MS);
    }
  }
}

async function pageOf(client: Client, path: string, query: Query) {
  return pageSchema.parse(await client.request('GET', path, { query }));
}

async function printItems(items: readonly unknown[]): Promise<void> {
  for (const item of items) {
    if (!process.stdout.write(`${JSON.stringify(item)}\n`)) await once(process.stdout, 'drain');
  }
}

function parametersOf(options: Options): Query {
  const everybody = options.url === undefined ? '*' : undefined;
  const asked = [...Object.keys(PARAMETERS), 'order'].map((name) => [name, textOf(options[camelCase(name)])]);
  const conditions = options[CONDITIONS];
  return {
    ...Object.fromEntries(asked),
    ...(typeof conditions === 'object' && conditions),
    ...(options['visitors'] === true ? { visitors: 'true' } : {}),
    owner_id: textOf(options['owner']) ?? everybody,
    short_code: textOf(options['shortCode'])?.replaceAll(',', '\\,'),
  };
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

function textOf(value: Options[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
