import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { parseUnrepeated } from '../lib/repeated-name.ts';
import type { Client, Query } from './client.ts';
import { CommandError } from './command-error.ts';
import { saveExport } from './export-command.ts';
import { type ExportedOptions, exportedOptions, exportedParameters } from './exported-options.ts';
import { formatTable, grouped, note, printJson, printLine, startWaiting } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

interface JsonOptions extends RemoteOptions {
  readonly json?: boolean;
}

type CreateOptions = ExportedOptions &
  JsonOptions & { readonly destination?: string; readonly wait?: boolean };

const jobSchema = z.looseObject({
  id: z.string(),
  owner_id: z.string(),
  what: z.string(),
  format: z.string(),
  status: z.string(),
  bytes: z.number(),
  file_name: z.string().nullable(),
  destination: z.string().nullable(),
  destination_key: z.string().optional(),
  created_at: z.string(),
  expires_at: z.string(),
  error: z.string().optional(),
});

type Job = z.output<typeof jobSchema>;

const PATH = '/api/v1/exports';
const POLL_MS = 500;

const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

const CREATE_HELP = `
A server makes the file. Without one, the command waits for it, as with --wait.

Examples:
  spoor exports create --format csv --owner me --range last_month --group-by time,country
  spoor exports create --what clicks --format parquet --owner me --destination warehouse`;

export function exportsCommand(program: Command): void {
  const exports = program
    .command('exports')
    .description(
      'Create, list, download and delete export jobs, which a server runs without an open connection.',
    );

  const create = exports
    .command('create')
    .description('Create an export.')
    .option('--destination <name>', 'a destination that the operator has set up')
    .option('--wait', 'wait until it is done; exit 1 if it fails')
    .option('--json', 'print the result as JSON');
  exportedOptions(remoteOption(create))
    .addHelpText('after', CREATE_HELP)
    .action(async (options: CreateOptions) => {
      const { what, destination, wait = false } = options;
      const order = { what, ...asJson(exportedParameters(options)), destination };
      const job = await withServer(options, async (client) => {
        const created = parseJob(await client.request('POST', PATH, { json: order }));
        return wait || client.url === undefined ? ended(client, created) : created;
      });
      if (job.status === 'failed') throw new CommandError(`The export failed: ${job.error ?? ''}`);
      if (options.json) printJson(job);
      else printJob(job);
    });

  remoteOption(exports.command('list'))
    .description('List exports, the newest first.')
    .option('--owner <name>', 'of this owner (default: of every owner)')
    .option('--limit <n>', 'how many (default: 100)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor exports list --owner me')
    .action(async (options: JsonOptions & { readonly owner?: string; readonly limit?: string }) => {
      const response = await withServer(options, (client) =>
        client.request('GET', PATH, { query: { owner_id: options.owner, limit: options.limit } }),
      );
      if (options.json) return printJson(response);
      const { items } = z.object({ items: z.array(jobSchema) }).parse(response);
      if (items.length === 0) return printLine('There are no exports.');
      printLine(
        formatTable(
          ['ID', 'CREATED', 'STATUS', 'OWNER', 'WHAT', 'BYTES', 'FILE'],
          items.map((job) => [
            job.id,
            job.created_at,
            job.status,
            job.owner_id,
            job.what,
            job.bytes,
            job.file_name ?? '-',
          ]),
        ),
      );
    });

  remoteOption(exports.command('show'))
    .description('Show the status of an export.')
    .argument('<id>', 'id of the export, as shown by `exports list`')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor exports show 019b5e0a10008c1f2a7d3b4c5e6f')
    .action(async (id: string, options: JsonOptions) => {
      const response = await withServer(options, (client) => client.request('GET', pathOf(id)));
      if (options.json) printJson(response);
      else printJob(parseJob(response));
    });

  remoteOption(exports.command('download'))
    .description('Download the file of an export.')
    .argument('<id>', 'id of the export, as shown by `exports list`')
    .requiredOption('-o, --output <file>', 'file to write; - is standard output')
    .addHelpText('after', '\nExample:\n  spoor exports download 019b5e0a10008c1f2a7d3b4c5e6f -o clicks.zip')
    .action(async (id: string, options: RemoteOptions & { readonly output: string }) => {
      const { output } = options;
      const bytes = await withServer(options, (client) =>
        saveExport(client, { path: `${pathOf(id)}/file`, query: {} }, output),
      );
      note(`${output}: ${grouped(bytes)} bytes.`);
    });

  remoteOption(exports.command('delete'))
    .description('Cancel exports, or remove their files. Files in a destination stay.')
    .argument('<id...>', 'ids of the exports, as shown by `exports list`')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor exports delete 019b5e0a10008c1f2a7d3b4c5e6f')
    .action(async (ids: readonly string[], options: JsonOptions) => {
      await withServer(options, async (client) => {
        for (const id of ids) await client.request('DELETE', pathOf(id));
      });
      if (options.json) printJson({ deleted: ids });
      else for (const id of ids) printLine(`Deleted ${id}.`);
    });
}

/** Parameters of a query string as fields of a body, in which filters are no text. */
function asJson({ filters, ...others }: Query): Readonly<Record<string, unknown>> {
  if (typeof filters !== 'string') return others;
  try {
    return { ...others, filters: parseUnrepeated(filters) };
  } catch (cause) {
    throw new CommandError(`--filters is not JSON: ${messageOf(cause)}.`, { cause });
  }
}

async function ended(client: Client, created: Job): Promise<Job> {
  const waiting = startWaiting('Exporting');
  try {
    for (let job = created; ; job = parseJob(await client.request('GET', pathOf(job.id)))) {
      if (job.status !== 'queued' && job.status !== 'running') return job;
      await delay(POLL_MS);
    }
  } finally {
    waiting.stop();
  }
}

function parseJob(response: unknown): Job {
  return jobSchema.parse(response);
}

function printJob(job: Job): void {
  printLine(
    `${job.id}: ${job.status}, owner ${job.owner_id}, ${job.what} as ${job.format}, created ${job.created_at}`,
  );
  if (job.error !== undefined) printLine(`  ${job.error}`);
  if (job.file_name === null) return;
  const place = job.destination === null ? '' : `, in ${job.destination}`;
  printLine(`  ${job.destination_key ?? job.file_name}: ${grouped(job.bytes)} bytes${place}`);
  if (job.destination === null) printLine(`  kept until ${job.expires_at}`);
}
