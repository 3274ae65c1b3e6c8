import { type Command, Option } from 'commander';
import { z } from 'zod';
import { formatTable, grouped, printJson, printLine, startWaiting } from './output.ts';
import { questionOptions, questionQuery } from './question.ts';
import { remoteOption, withServer } from './remote.ts';
import { csvOf, tablesOf } from './stats-tables.ts';

const FORMATS = ['table', 'json', 'csv'] as const;

const listRow = z.record(z.string(), z.union([z.string(), z.number()]));

const answerSchema = z.object({
  time_range: z.object({ start_date: z.string(), end_date: z.string() }),
  summary: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  metrics: z.record(z.string(), z.array(listRow)),
});

type Options = Readonly<Record<string, string | boolean | undefined>> & {
  readonly url?: string;
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
};

const EXAMPLES = `
Examples:
  spoor stats --owner me --group-by browser,country
  spoor stats --short-code launch --timezone Asia/Kolkata --json
  spoor stats --group-by short_code --format csv | sort -t, -k2 -rn | head
  SPOOR_API_KEY=spoo_… spoor stats --url https://clicks.example.com --group-by time`;

export function statsCommand(program: Command): void {
  const command = program
    .command('stats')
    .description('Ask for statistics: of one owner, one URL, or everybody.')
    .addOption(new Option('--format <name>', 'how the answer is printed (default: table)').choices(FORMATS))
    .addOption(new Option('--json', "the API's answer, as --format json").conflicts('format'));
  questionOptions(remoteOption(command))
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const waiting = startWaiting('Asking');
      const answer = await withServer(options, (client) =>
        client.request('GET', '/api/v1/stats', { query: questionQuery(options) }),
      ).finally(waiting.stop);
      if (options.json || options.format === 'json') return printJson(answer);
      const known = answerSchema.parse(answer);
      if (options.format === 'csv') process.stdout.write(csvOf(tablesOf(known.metrics)));
      else printAnswer(known);
    });
}

function printAnswer({ time_range, summary, metrics }: z.infer<typeof answerSchema>): void {
  printLine(`${time_range.start_date} to ${time_range.end_date}`);
  for (const [name, value] of Object.entries(summary)) {
    printLine(`  ${name.padEnd(22)}${typeof value === 'number' ? grouped(value) : (value ?? '–')}`);
  }
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
