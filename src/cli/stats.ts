import type { Command } from 'commander';
import { z } from 'zod';
import { readConfig } from '../config.ts';
import { FILTER_NAMES } from '../stats/dimensions.ts';
import { withClient } from './client.ts';
import { formatTable, grouped, printJson, printLine } from './output.ts';

/** The parameters of the statistics API that are options of the same name here. */
const PARAMETERS: Readonly<Record<string, string>> = {
  start_date: 'first moment, for example 2026-01-24',
  end_date: 'last moment',
  group_by: 'any of time,browser,os,country,city,referrer,short_code',
  metrics: 'clicks, unique_clicks or both',
  timezone: 'IANA name, for example Asia/Kolkata',
  interval: '10_minute, hour, day, week or month',
  breakdown: 'true or false: also the full cross product',
  filters: 'JSON object, for example {"browser":["Chrome"]}',
  ...Object.fromEntries(FILTER_NAMES.filter((name) => name !== 'short_code').map((name) => [name, 'filter'])),
  bots: 'include, exclude or only',
  limit: 'groups in each list, 1 to 10000',
};

const listRow = z.record(z.string(), z.union([z.string(), z.number()]));

const answerSchema = z.object({
  time_range: z.object({ start_date: z.string(), end_date: z.string() }),
  summary: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  metrics: z.record(z.string(), z.array(listRow)),
});

export function statsCommand(program: Command): void {
  const command = program
    .command('stats')
    .description('Ask for statistics: of one owner, one URL, or everybody.')
    .option('--owner <id>', 'this owner (default: every owner)')
    .option('--short-code <code>', 'this URL')
    .option('--json', "print the API's answer");
  for (const [name, meaning] of Object.entries(PARAMETERS))
    command.option(`--${dashed(name)} <value>`, meaning);
  command
    .addHelpText(
      'after',
      '\nExamples:\n  spoor stats --owner me --group-by browser,country\n  spoor stats --short-code launch --timezone Asia/Kolkata --json',
    )
    .action(async (options: Readonly<Record<string, string | boolean | undefined>>) => {
      const shortCode = options['shortCode'];
      const subject =
        typeof shortCode === 'string' && options['owner'] === undefined
          ? { scope: 'anon', short_code: shortCode }
          : {
              scope: 'all',
              owner_id: text(options['owner']) ?? '*',
              short_code: text(shortCode)?.replaceAll(',', '\\,'),
            };
      const query = Object.fromEntries(
        Object.keys(PARAMETERS).map((name) => [name, text(options[camel(name)])]),
      );
      const answer = await withClient(readConfig(), (client) =>
        client.request('GET', '/api/v1/stats', { query: { ...query, ...subject } }),
      );
      if (options['json'] === true) printJson(answer);
      else printAnswer(answerSchema.parse(answer));
    });
}

function printAnswer({ time_range, summary, metrics }: z.infer<typeof answerSchema>): void {
  printLine(`${time_range.start_date} to ${time_range.end_date}`);
  for (const [name, value] of Object.entries(summary)) {
    printLine(`  ${name.padEnd(22)}${typeof value === 'number' ? grouped(value) : (value ?? '–')}`);
  }
  for (const [name, rows] of Object.entries(metrics)) {
    printLine();
    printLine(name);
    if (rows[0] === undefined) printLine('  (none)');
    else
      printLine(
        formatTable(
          Object.keys(rows[0]),
          rows.map((row) => Object.values(row)),
        ),
      );
  }
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function dashed(name: string): string {
  return name.replaceAll('_', '-');
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
