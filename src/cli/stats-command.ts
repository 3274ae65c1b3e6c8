import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { Client } from './client.ts';
import type { Conditions } from './condition-options.ts';
import { CommandError } from './command-error.ts';
import { formatTable, grouped, printJson, printLine, startWaiting } from './output.ts';
import { statsOptions, statsParameters } from './stats-options.ts';
import { remoteOption, withServer } from './remote.ts';
import { checkBesideFile, readQuestions } from './questions-file.ts';
import { csvOf, tablesOf } from './stats-tables.ts';

const FORMATS = ['table', 'json', 'csv'] as const;

const listRow = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

const period = z.object({
  time_range: z.object({ start_date: z.string(), end_date: z.string() }),
  summary: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

const resultSchema = period.extend({
  metrics: z.record(z.string(), z.array(listRow)),
  previous: period.nullish(),
});

type Options = Readonly<Record<string, string | boolean | Conditions | undefined>> & {
  readonly url?: string;
  readonly owner?: string;
  readonly query?: string;
  readonly explain?: boolean;
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
};

const EXAMPLES = `
Examples:
  spoor stats --owner me --group-by browser,country
  spoor stats --short-code launch --timezone Asia/Kolkata --json
  spoor stats --start-date 2026-01-01 --end-date 2026-01-31 --compare previous
  spoor stats --query queries.json
  spoor stats --group-by short_code --format csv | sort -t, -k2 -rn | head
  SPOOR_API_KEY=spoo_… spoor stats --url https://clicks.example.com --group-by time`;

export function statsCommand(program: Command): void {
  const command = program
    .command('stats')
    .description('Show statistics of one owner, one short code, or all owners.')
    .addOption(new Option('--format <name>', 'output format (default: table)').choices(FORMATS))
    .option(
      '--query <file>',
      'read the query, or several, from a JSON file as POST /api/v1/stats/query takes it (- is standard input); several print JSON',
    )
    .option('--explain', 'also how the statistics were computed and what that cost, in JSON: needs admin:all')
    .addOption(new Option('--json', "the API's response, as --format json").conflicts('format'));
  statsOptions(remoteOption(command))
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      if (options.explain && options.format !== undefined && options.format !== 'json') {
        throw new CommandError(`--explain prints JSON, and not --format ${options.format}.`, { exitCode: 2 });
      }
      const ask = options.query === undefined ? askOne(options) : await askFile(options.query, options);
      const waiting = startWaiting('Waiting for the statistics');
      const response = await withServer(options, ask.send).finally(waiting.stop);
      if (ask.isBatch || options.explain || options.json || options.format === 'json')
        return printJson(response);
      const result = resultSchema.parse(response);
      if (options.format === 'csv') process.stdout.write(csvOf(tablesOf(result.metrics)));
      else printResult(result);
    });
}

/** What the command asks a server, and whether the response has several results. */
interface Ask {
  readonly send: (client: Client) => Promise<unknown>;
  readonly isBatch: boolean;
}

function askOne(options: Options): Ask {
  const query = { ...statsParameters(options), ...(options.explain && { explain: 'true' }) };
  return { send: (client) => client.request('GET', '/api/v1/stats', { query }), isBatch: false };
}

async function askFile(path: string, options: Options): Promise<Ask> {
  checkBesideFile(options);
  const everybody = options.url === undefined ? '*' : undefined;
  const { body, isBatch } = await readQuestions(path, options.owner ?? everybody);
  if (isBatch && options.format !== undefined && options.format !== 'json') {
    throw new CommandError(`--format ${options.format} prints one result: several are printed as JSON.`, {
      exitCode: 2,
    });
  }
  return {
    send: (client) => client.request('POST', '/api/v1/stats/query', { json: body }),
    isBatch,
  };
}

function printResult({ metrics, ...result }: z.infer<typeof resultSchema>): void {
  const periods = result.previous ? [result, result.previous] : [result];
  printLine(
    formatTable(
      ['', ...periods.map(({ time_range }) => `${time_range.start_date} to ${time_range.end_date}`)],
      Object.keys(result.summary).map((name) => [
        name,
        ...periods.map(({ summary }) => shown(summary[name])),
      ]),
    ),
  );
  for (const { name, columns, rows } of tablesOf(metrics)) {
    printLine();
    printLine(name);
    if (rows.length === 0) printLine('  (none)');
    else
      printLine(
        formatTable(
          columns,
          rows.map((row) => columns.map((column) => row[column] ?? '')),
        ),
      );
  }
}

function shown(value: string | number | null | undefined): string {
  return typeof value === 'number' ? grouped(value) : (value ?? '–');
}
