import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { CLICK_COLUMN_NAMES } from '../click-rows/columns.ts';
import { CLICK_ORDERS } from '../click-rows/click-query.ts';
import { readConfig } from '../config.ts';
import { type Client, type Query, createClient, findServer } from './client.ts';
import { CommandError } from './command-error.ts';
import { conditionOptions } from './condition-options.ts';
import { note } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';
import {
  FILTER_OPTIONS,
  type ParameterOptions,
  RANGE_OPTIONS,
  type SelectionOptions,
  optionText,
  selectedParameters,
  selectionOptions,
} from './selection-options.ts';

type Options = SelectionOptions & RemoteOptions & { readonly limit?: number; readonly follow?: boolean };

const PARAMETERS: ParameterOptions = {
  ...RANGE_OPTIONS,
  start_date: `${RANGE_OPTIONS['start_date']} (default: 7 days before the end)`,
  fields: `what to show, separated by commas: any of ${CLICK_COLUMN_NAMES.join(',')}`,
  ...FILTER_OPTIONS,
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
    .description('Print the clicks themselves, a JSON object on each line.');
  selectionOptions(command, PARAMETERS)
    .addOption(new Option('--order <order>', 'newest or oldest first, or by link').choices(CLICK_ORDERS))
    .option('--visitors', 'also the hash of the visitor')
    .option('--limit <n>', 'print so many clicks at most', wholeNumber)
    .option('--follow', 'print clicks as they arrive, until Ctrl-C; the server must run');
  conditionOptions(remoteOption(command), process.argv)
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      if (options.follow !== true) return withServer(options, (client) => print(client, options));
      const other = OF_LISTINGS.find((name) => optionText(options, name) !== undefined);
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
  return {
    ...selectedParameters(options, [...Object.keys(PARAMETERS), 'order']),
    ...(options['visitors'] === true ? { visitors: 'true' } : {}),
  };
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}
