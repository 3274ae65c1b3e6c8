import type { Command } from 'commander';
import { z } from 'zod';
import { readConfig } from '../config.ts';
import { withClient } from './client.ts';
import { formatTable, grouped, printJson, printLine } from './output.ts';
import { questionOptions, questionQuery } from './question.ts';

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
    .option('--json', "print the API's answer");
  questionOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  spoor stats --owner me --group-by browser,country\n  spoor stats --short-code launch --timezone Asia/Kolkata --json',
    )
    .action(async (options: Readonly<Record<string, string | boolean | undefined>>) => {
      const query = questionQuery(options);
      const answer = await withClient(readConfig(), (client) =>
        client.request('GET', '/api/v1/stats', { query }),
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
