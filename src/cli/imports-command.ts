import type { Command } from 'commander';
import { z } from 'zod';
import type { Client } from './client.ts';
import { type Import, parseImport } from './import-file.ts';
import { printReport } from './import-output.ts';
import { formatTable, grouped, printJson, printLine, printable, startWaiting } from './output.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

interface JsonOptions extends RemoteOptions {
  readonly json?: boolean;
}

interface ListOptions extends JsonOptions {
  readonly limit?: string;
}

const undoneSchema = z.object({ removed_clicks: z.number(), removed_urls: z.number() });

const pathOf = (id: string): string => `/api/v1/imports/${encodeURIComponent(id)}`;

export function importsCommand(program: Command): void {
  const imports = program.command('imports').description('List imports, and undo them.');

  remoteOption(imports.command('list'))
    .description('List imports, the newest first.')
    .option('--limit <n>', 'how many (default: 100)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor imports list')
    .action(async (options: ListOptions) => {
      const response = await withServer(options, (client) =>
        client.request('GET', '/api/v1/imports', { query: { limit: options.limit } }),
      );
      if (options.json) return printJson(response);
      const { items } = z.object({ items: z.array(z.unknown()) }).parse(response);
      if (items.length === 0) return printLine('There are no imports.');
      printLine(
        formatTable(
          ['ID', 'STARTED', 'STATE', 'OWNER', 'ACCEPTED', 'KNOWN', 'FILE'],
          items
            .map(parseImport)
            .map((one) => [
              one.id,
              one.started_at,
              one.state,
              one.owner_id,
              one.accepted,
              one.known,
              one.file ?? '-',
            ]),
        ),
      );
    });

  remoteOption(imports.command('show'))
    .description('Show an import: its state, and what became of the lines of its file.')
    .argument('<id>', 'id of the import, as shown by `imports list`')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor imports show 00697dd2a05c3a1f')
    .action(async (id: string, options: JsonOptions) => {
      const response = await withServer(options, (client) => client.request('GET', pathOf(id)));
      if (options.json) return printJson(response);
      const one = parseImport(response);
      printLine(`${one.id}: ${one.state}, owner ${one.owner_id}, started ${one.started_at}`);
      if (one.error !== null) printLine(`  ${printable(one.error)}`);
      printReport(one.file ?? '-', one);
    });

  remoteOption(imports.command('undo'))
    .description(
      'Remove the clicks that imports added, and the URLs that they registered and that have no other clicks.',
    )
    .argument('<id...>', 'ids of the imports, as shown by `imports list`')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
The clicks are not erased: the same files can be imported again, for example with another owner or format.
Clicks that a later import found stored (known) go, too: import that file again.

Example:
  spoor imports undo 00697dd2a05c3a1f`,
    )
    .action(async (ids: readonly string[], options: JsonOptions) => {
      const undone = await withServer(options, (client) => undoAll(client, ids));
      if (options.json) return printJson({ undone });
      for (const { id, removed_clicks: clicks, removed_urls: urls } of undone)
        printLine(`${id}: removed ${grouped(clicks)} clicks and ${grouped(urls)} URLs.`);
    });
}

async function undoAll(client: Client, ids: readonly string[]) {
  const undone: (z.output<typeof undoneSchema> & Pick<Import, 'id'>)[] = [];
  const waiting = startWaiting('Undoing');
  try {
    for (const id of ids)
      undone.push({ id, ...undoneSchema.parse(await client.request('DELETE', pathOf(id))) });
  } finally {
    waiting.stop();
  }
  return undone;
}
