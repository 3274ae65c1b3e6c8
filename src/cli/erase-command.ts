import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { z } from 'zod';
import { CommandError } from './error-messages.ts';
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

const visitorSchema = z.strictObject({ ip: z.string().optional(), user_agent: z.string().optional() });

const answerSchema = z.object({ erased: z.number() });

export function eraseCommand(program: Command): void {
  remoteOption(program.command('erase'))
    .description('Erase clicks for good: those that fit all of the options given. URLs stay.')
    .option('--owner <id>', 'of this owner')
    .option('--short-code <code>', 'of this URL')
    .option('--start-date <date>', 'from this moment on, for example 2026-01-24')
    .option('--end-date <date>', 'up to this moment; a date alone is the whole day')
    .option('--timezone <name>', 'IANA name of the zone that the dates are in (default: UTC)')
    .option('--visitor', 'of the visitor that standard input names: {"ip": "…", "user_agent": "…"}')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A visitor is an address and a user agent together, as their clicks carried them; leave one out when they carried none.
They are read from standard input, so that neither the shell's history nor the process list shows them.

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
          'Say which clicks: --owner, --short-code, --start-date, --end-date or --visitor.',
          { exitCode: 2 },
        );
      }
      if (!options.yes) await confirm(options);
      const answer = await withServer(options, async (client) => {
        const waiting = startWaiting('Erasing');
        try {
          return await client.request('DELETE', '/api/v1/clicks', {
            json: { ...selectors, timezone: options.timezone },
          });
        } finally {
          waiting.stop();
        }
      });
      if (options.json) printJson(answer);
      else printLine(`Erased ${grouped(answerSchema.parse(answer).erased)} clicks.`);
    });
}

function parseVisitor(input: string): z.infer<typeof visitorSchema> {
  let value: unknown;
  try {
    value = JSON.parse(input);
  } catch {
    value = undefined;
  }
  const parsed = visitorSchema.safeParse(value);
  if (parsed.success && Object.keys(parsed.data).length > 0) return parsed.data;
  throw new CommandError('--visitor wants {"ip": "…", "user_agent": "…"} on standard input, at least one.', {
    exitCode: 2,
  });
}

async function confirm({ visitor }: Options): Promise<void> {
  if (visitor || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CommandError('Erased clicks do not come back: add --yes.', { exitCode: 2 });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Closing the input, with Ctrl-D for example, is no answer and would leave the question open.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([
    terminal.question('Erased clicks do not come back. Erase? [y/N] '),
    closed,
  ]);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was erased.');
}
