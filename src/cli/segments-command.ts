import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { parseUnrepeated } from '../lib/repeated-name.ts';
import { notEmpty } from './option-values.ts';
import { formatTable, printJson, printLine } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

const segmentsSchema = z.object({
  items: z.array(z.object({ name: z.string(), filters: z.unknown(), changed_at: z.string() })),
});

interface Options extends RemoteOptions {
  readonly owner?: string;
  readonly json?: boolean;
}

interface PutOptions extends Options {
  readonly filters: unknown;
}

const PUT_EXAMPLES = `
Examples:
  spoor segments put phones --owner me --filters '{"os":["Android","iOS"]}'
  spoor segments put abroad --owner me --filters '{"country":{"is_not":["DE"]}}'
  spoor stats --owner me --segment phones,abroad`;

export function segmentsCommand(program: Command): void {
  const segments = program
    .command('segments')
    .description('List, create, change and delete segments: filters of an owner under a name.');

  ownOptions(segments.command('list'))
    .description('List the segments of an owner.')
    .addHelpText('after', '\nExample:\n  spoor segments list --owner me')
    .action(async (options: Options) => {
      const response = await withServer(options, (client) =>
        client.request('GET', '/api/v1/segments', { query: ownerIn(options) }),
      );
      if (options.json) return printJson(response);
      const { items } = segmentsSchema.parse(response);
      if (items.length === 0) return printLine('There are no segments.');
      printLine(
        formatTable(
          ['NAME', 'CHANGED', 'FILTERS'],
          items.map(({ name, changed_at, filters }) => [name, changed_at, JSON.stringify(filters)]),
        ),
      );
    });

  ownOptions(segments.command('put'))
    .description('Create or change a segment.')
    .argument('<name>', 'letters, digits, - and _')
    .requiredOption('--filters <json>', 'the filters, as `stats --filters` takes them', parseFilters)
    .addHelpText('after', PUT_EXAMPLES)
    .action(async (name: string, options: PutOptions) => {
      const segment = await withServer(options, (client) =>
        client.request('PUT', pathOf(name), {
          query: ownerIn(options),
          json: { filters: options.filters },
        }),
      );
      if (options.json) printJson(segment);
      else printLine(`Saved ${name}.`);
    });

  ownOptions(segments.command('delete'))
    .description('Delete a segment. Requests that name it are refused from then on.')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  spoor segments delete phones --owner me')
    .action(async (name: string, options: Options) => {
      await withServer(options, (client) =>
        client.request('DELETE', pathOf(name), { query: ownerIn(options) }),
      );
      if (options.json) printJson({ deleted: name });
      else printLine(`Deleted ${name}.`);
    });
}

function ownOptions(command: Command): Command {
  return remoteOption(command)
    .option(
      '--owner <id>',
      "whose segments (default: the administrator's; with --url the key's owner's)",
      notEmpty,
    )
    .option('--json', 'print the result as JSON');
}

function ownerIn({ owner }: Options): { readonly owner_id: string | undefined } {
  return { owner_id: owner };
}

function pathOf(name: string): string {
  return `/api/v1/segments/${encodeURIComponent(name)}`;
}

function parseFilters(text: string): unknown {
  try {
    return parseUnrepeated(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${messageOf(error)}.`);
  }
}
