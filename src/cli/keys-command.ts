import type { Command } from 'commander';
import { z } from 'zod';
import { SCOPES, SCOPE_NAMES } from '../keys/scopes.ts';
import { formatTable, note, printJson, printLine } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

const keySchema = z.looseObject({
  id: z.string(),
  owner_id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  expires_at: z.string().nullable(),
});

const newKeySchema = keySchema.extend({
  key: z.string(),
  warnings: z.array(z.object({ warning: z.string() })).default([]),
});

interface JsonOptions extends RemoteOptions {
  readonly json?: boolean;
}

interface CreateOptions extends JsonOptions {
  readonly owner: string;
  readonly name: string;
  readonly scopes: string;
  readonly expiresAt?: string;
  readonly rateLimit?: string;
}

const WIDTH = Math.max(...SCOPE_NAMES.map(({ length }) => length));

const SCOPES_HELP = `
Scopes:
${SCOPE_NAMES.map((name) => `  ${name.padEnd(WIDTH)}  ${SCOPES[name].allows.replaceAll('`', '')}`).join('\n')}`;

export function keysCommand(program: Command): void {
  const keys = program.command('keys').description('Create, list and revoke API keys.');

  remoteOption(keys.command('create'))
    .description('Create an API key. It is shown only once.')
    .requiredOption('--owner <id>', 'owner of the key')
    .option('--name <name>', 'what the key is for', 'made on the command line')
    .option('--scopes <list>', 'what the key may do, comma-separated: see below', 'stats:read,urls:read')
    .option('--expires-at <date>', 'when the key expires')
    .option('--rate-limit <limit>', 'standard or unlimited')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', SCOPES_HELP)
    .addHelpText('after', '\nExample:\n  spoor keys create --owner me --scopes stats:read,clicks:write')
    .action(async (options: CreateOptions) => {
      const created = await withServer(options, (client) =>
        client.request('POST', '/api/v1/keys', {
          json: {
            owner_id: options.owner,
            name: options.name,
            scopes: options.scopes.split(',').map((scope) => scope.trim()),
            expires_at: options.expiresAt,
            rate_limit: options.rateLimit,
          },
        }),
      );
      if (options.json) return printJson(created);
      const { key, warnings } = newKeySchema.parse(created);
      printLine(key);
      for (const { warning } of warnings) note(warning);
    });

  remoteOption(keys.command('list'))
    .description('List all API keys that are not revoked.')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', SCOPES_HELP)
    .addHelpText('after', '\nExample:\n  spoor keys list')
    .action(async (options: JsonOptions) => {
      const response = await withServer(options, (client) => client.request('GET', '/api/v1/keys'));
      if (options.json) return printJson(response);
      const { items } = z.object({ items: z.array(keySchema) }).parse(response);
      if (items.length === 0) return printLine('There are no keys.');
      printLine(
        formatTable(
          ['ID', 'OWNER', 'NAME', 'SCOPES', 'EXPIRES'],
          items.map((key) => [
            key.id,
            key.owner_id,
            key.name,
            key.scopes.join(','),
            key.expires_at ?? 'never',
          ]),
        ),
      );
    });

  remoteOption(keys.command('revoke'))
    .description('Revoke an API key; it stops working within 5 seconds.')
    .argument('<id>', 'id of the key, as shown by `keys list`')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', SCOPES_HELP)
    .addHelpText('after', '\nExample:\n  spoor keys revoke 0b9f4a52-6c1e-4d8e-9a70-3f2d7c5b8e11')
    .action(async (id: string, options: JsonOptions) => {
      await withServer(options, (client) =>
        client.request('DELETE', `/api/v1/keys/${encodeURIComponent(id)}`),
      );
      if (options.json) printJson({ revoked: id });
      else printLine(`Revoked ${id}.`);
    });
}
