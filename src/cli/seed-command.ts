import { type Command, InvalidArgumentError } from 'commander';
import { readConfig } from '../config.ts';
import { parseClickTime } from '../lib/date-time.ts';
import { type Client, withClient } from './client.ts';
import { CommandError } from './error-messages.ts';
import { grouped, printJson, printLine, startProgress } from './output.ts';
import { notEmpty } from './query-options.ts';

const HOUR_MS = 3_600_000;
/** Clicks made by one statement: a second or less. */
const SHARE = 500_000;

interface SeedOptions {
  readonly clicks: number;
  readonly urls: number;
  readonly owners: number;
  readonly days: number;
  readonly seed: number;
  readonly end?: number;
  readonly owner?: string;
  readonly json?: boolean;
}

/** The newest sample click's latest moment unless told: the last full hour, so that a repeated seed is the same. */
export function lastFullHour(now: number): number {
  return now - (now % HOUR_MS);
}

export function seedCommand(program: Command): void {
  program
    .command('seed')
    .description('Add realistic sample clicks, made inside ClickHouse; the same seed makes the same clicks.')
    .option('--clicks <n>', 'how many clicks', wholeNumber, 200_000)
    .option('--urls <n>', 'how many URLs', wholeNumber, 100)
    .option('--owners <n>', 'how many owners, named owner-1, owner-2, …', wholeNumber, 3)
    .option('--owner <name>', 'one owner of this name instead', notEmpty)
    .option('--days <n>', 'how many days up to the end', wholeNumber, 90)
    .option('--seed <n>', 'the seed', wholeNumber, 1)
    .option('--end <date>', 'the newest moment (default: the last full hour)', instant)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  spoor seed --clicks 1000000 --urls 500 --owners 5 --days 30 --seed 7',
    )
    .action(async (options: SeedOptions) => {
      const owners =
        options.owner === undefined
          ? Array.from({ length: options.owners }, (_, index) => `owner-${index + 1}`)
          : [options.owner];
      if (options.urls < owners.length)
        throw new CommandError('--urls must be at least --owners.', { exitCode: 2 });
      const plan = { ...options, owners, end: options.end ?? lastFullHour(Date.now()) };
      const started = performance.now();
      await withClient(readConfig(), (client) => seed(client, plan));
      const seconds = (performance.now() - started) / 1000;
      if (options.json) printJson({ clicks: options.clicks, owners, urls: options.urls, seconds });
      else
        printLine(`${grouped(options.clicks)} clicks for ${owners.join(', ')} in ${seconds.toFixed(1)} s.`);
    });
}

export interface SeedRequest {
  readonly clicks: number;
  readonly urls: number;
  readonly owners: readonly string[];
  readonly days: number;
  readonly seed: number;
  /** Unix milliseconds. */
  readonly end: number;
}

/** Makes the clicks share by share, with a progress bar. */
export async function seed(
  client: Client,
  { clicks, urls, owners, days, seed: number, end }: SeedRequest,
): Promise<void> {
  const progress = startProgress('Seeding', clicks, 'clicks');
  try {
    for (let from = 0; from === 0 || from < clicks; from += SHARE) {
      const to = Math.min(clicks, from + SHARE);
      const json = { clicks, urls, owners, days, seed: number, end, from, to };
      await client.request('POST', '/control/seed', { json });
      progress.update(to);
    }
  } finally {
    progress.stop();
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function instant(text: string): number {
  const found = parseClickTime(text);
  if (found === undefined) throw new InvalidArgumentError('It must be an ISO 8601 or Unix time.');
  return found;
}
