import { type Command, Option } from 'commander';
import { z } from 'zod';
import { shortCodeError } from '../clicks/short-code.ts';
import { invalid } from '../errors.ts';
import type { Client } from './client.ts';
import { formatTable, printJson, printLine } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

const urlSchema = z.object({
  short_code: z.string(),
  owner_id: z.string(),
  created_at: z.string(),
  private_stats: z.boolean(),
  long_url: z.string().nullable(),
  tags: z.array(z.string()),
});

const pageSchema = z.object({ items: z.array(urlSchema), next_cursor: z.string().nullable() });

interface JsonOptions extends RemoteOptions {
  readonly json?: boolean;
}

interface PutOptions extends JsonOptions {
  readonly owner?: string;
  readonly createdAt?: string;
  readonly public?: boolean;
  readonly private?: boolean;
  readonly longUrl?: string;
  readonly tag?: readonly string[];
  /** False with `--no-tags`. */
  readonly tags: boolean;
}

export function urlsCommand(program: Command): void {
  const urls = program.command('urls').description('List, create, change and delete URLs.');

  remoteOption(urls.command('list'))
    .description("List the URLs of all owners, or with --url those of the key's owner.")
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor urls list --json')
    .action(async (options: JsonOptions) => {
      const items = await withServer(options, listAll);
      if (options.json) return printJson({ items });
      if (items.length === 0) return printLine('There are no URLs.');
      printLine(
        formatTable(
          ['SHORT CODE', 'OWNER', 'CREATED', 'STATS', 'LONG URL', 'TAGS'],
          items.map((url) => [
            url.short_code,
            url.owner_id,
            url.created_at,
            url.private_stats ? 'private' : 'public',
            url.long_url ?? '',
            url.tags.join(', '),
          ]),
        ),
      );
    });

  remoteOption(urls.command('put'))
    .description('Create or change a URL.')
    .argument('<short-code>')
    .option('--owner <id>', 'owner of a new URL')
    .option('--created-at <date>', 'when it was created')
    .option('--public', 'make its statistics public')
    .option('--private', 'make its statistics private')
    .option('--long-url <url>', 'target of the redirect')
    .addOption(
      new Option('--tag <tag>', 'a tag; several in place of those it has: --tag a --tag b')
        .argParser((tag: string, before?: readonly string[]) => [...(before ?? []), tag])
        .conflicts('tags'),
    )
    .option('--no-tags', 'remove its tags')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor urls put launch --owner me --public')
    .action(async (shortCode: string, options: PutOptions) => {
      const url = await withServer(options, (client) =>
        client.request('PUT', pathOf(shortCode), {
          json: {
            owner_id: options.owner,
            created_at: options.createdAt,
            private_stats: options.private ? true : options.public ? false : undefined,
            long_url: options.longUrl,
            tags: options.tags ? options.tag : [],
          },
        }),
      );
      if (options.json) printJson(url);
      else printLine(`Saved ${shortCode}.`);
    });

  remoteOption(urls.command('delete'))
    .description('Delete a URL and all its clicks.')
    .argument('<short-code>')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor urls delete launch')
    .action(async (shortCode: string, options: JsonOptions) => {
      await withServer(options, (client) => client.request('DELETE', pathOf(shortCode)));
      if (options.json) printJson({ deleted: shortCode });
      else printLine(`Deleted ${shortCode} and its clicks.`);
    });
}

/** Codes that would make the path that of something else. */
const NO_PATHS: readonly string[] = ['', '.', '..'];

/** @throws AppError for a code that no path can name */
function pathOf(shortCode: string): string {
  const fault = shortCodeError(shortCode);
  if (fault !== undefined && NO_PATHS.includes(shortCode))
    throw invalid('short_code', `The short code ${fault}.`);
  return `/api/v1/urls/${encodeURIComponent(shortCode)}`;
}

async function listAll(client: Client): Promise<readonly z.infer<typeof urlSchema>[]> {
  const items: z.infer<typeof urlSchema>[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: '1000', ...(cursor === undefined ? {} : { cursor }) };
    const page = pageSchema.parse(await client.request('GET', '/api/v1/urls', { query }));
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}
