import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { z } from 'zod';
import { parseUnrepeated } from '../lib/repeated-name.ts';
import { CommandError } from './command-error.ts';
import { grouped, printJson, printLine, startWaiting } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

interface Options extends RemoteOptions {
  readonly owner?: string;
  readonly shortCode?: string;
  readonly startDate?: string;
  readonly endDate?: string;
  readonly timezone?: string;
  readonly visitor?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const visitorSchema = z.strictObject({
  ip: z.string().optional(),
  user_agent: z.string().optional(),
  visitor_id: z.string().optional(),
});

const responseSchema = z.object({ erased: z.number() });

export function eraseCommand(program: Command): void {
  remoteOption(program.command('erase'))
    .description('Erase clicks permanently: those that match all given options. URLs remain.')
    .option('--owner <id>', 'clicks of this owner')
    .option('--short-code <code>', 'clicks of this short code')
    .option('--start-date <date>', 'clicks from this time on, for example 2026-01-24')
    .option('--end-date <date>', 'clicks up to this time; a date alone includes that whole day')
    .option('--timezone <name>', 'time zone of the dates, for example Europe/Berlin (default: UTC)')
    .option(
      '--visitor',
      'clicks of the visitor given on standard input: {"ip": "…", "user_agent": "…"} or {"visitor_id": "…"}',
    )
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
A visitor is an IP address and a user agent together, as sent with the clicks; leave one out if the clicks had none. For
clicks sent with a visitor_id, give only that. All of them are read from standard input, so that neither the shell history nor the process list shows them.

Examples:
  spoor erase --owner me --end-date 2025-12-31
  spoor erase --short-code launch --start-date 2026-01-24T08:00 --end-date 2026-01-24T09:00 --timezone Europe/Berlin
  spoor erase --visitor --yes < visitor.json`,
    )
    .action(async (options: Options) => {
      const selectors = {
        owner_id: options.owner,
        short_code: options.shortCode,
        start_date: options.startDate,
        end_date: options.endDate,
        ...(options.visitor ? parseVisitor(await text(process.stdin)) : {}),
      };
      if (Object.values(selectors).every((value) => value === undefined)) {
        throw new CommandError(
          'Say which clicks to erase: --owner, --short-code, --start-date, --end-date or --visitor.',
          { exitCode: 2 },
        );
      }
      if (!options.yes) await confirm(options);
      const response = await withServer(options, async (client) => {
        const waiting = startWaiting('Erasing');
        try {
          return await client.request('DELETE', '/api/v1/clicks', {
            json: { ...selectors, timezone: options.timezone },
          });
        } finally {
          waiting.stop();
        }
      });
      if (options.json) printJson(response);
      else printLine(`Erased ${grouped(responseSchema.parse(response).erased)} clicks.`);
    });
}

function parseVisitor(input: string): z.infer<typeof visitorSchema> {
  let value: unknown;
  try {
    value = parseUnrepeated(input);
  } catch {
    value = undefined;
  }
  const parsed = visitorSchema.safeParse(value);
  if (parsed.success && Object.keys(parsed.data).length > 0) return parsed.data;
  throw new CommandError(
    '--visitor needs {"ip": "…", "user_agent": "…"}, at least one of the two, or {"visitor_id": "…"} on standard input.',
    {
      exitCode: 2,
    },
  );
}

async function confirm({ visitor }: Options): Promise<void> {
  if (visitor || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CommandError('Erased clicks cannot be recovered: add --yes to confirm.', { exitCode: 2 });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Closing the input, for example with Ctrl-D, would leave `question` pending forever.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([
    terminal.question('Erased clicks cannot be recovered. Erase? [y/N] '),
    closed,
  ]);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was erased.');
}
