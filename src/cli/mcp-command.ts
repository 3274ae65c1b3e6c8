import type { Command } from 'commander';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { ToolDescription, Tools } from '../mcp/tool.ts';
import type { Client } from './client.ts';
import { type RemoteOptions, remoteOption, withServer } from './remote.ts';

const EXAMPLES = `
Examples:
  spoor mcp
  SPOOR_API_KEY=spoo_… spoor mcp --url https://spoor.example.com

Programs start it: give them this command. A server offers the same to programs that speak HTTP, at /mcp.`;

const listed = z.object({
  result: z.object({
    tools: z.array(
      z.looseObject({
        name: z.string(),
        title: z.string(),
        description: z.string(),
        inputSchema: z.looseObject({ type: z.literal('object') }),
      }),
    ),
  }),
});

const called = z.object({
  result: z.object({
    content: z.tuple([z.object({ text: z.string() })]),
    isError: z.boolean().default(false),
  }),
});

export function mcpCommand(program: Command): void {
  remoteOption(program.command('mcp'))
    .description(
      'Let assistants and other programs ask for statistics: the Model Context Protocol over standard input and output.',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: RemoteOptions) => {
      const { serveStdio } = await import('../mcp/serve-stdio.ts');
      await withServer(options, (client) => serveStdio(toolsOf(client)));
    });
}

/** The tools of a server. */
function toolsOf(client: Client): Tools {
  const ask = (method: string, params: object): Promise<unknown> =>
    client.request('POST', '/mcp', { json: { jsonrpc: '2.0', id: 1, method, params } });
  return {
    list: async (): Promise<readonly ToolDescription[]> =>
      listed.parse(await ask('tools/list', {})).result.tools,
    call: async (name, given) => {
      try {
        const response = called.safeParse(await ask('tools/call', { name, arguments: given }));
        if (!response.success) return undefined;
        const { content, isError } = response.data.result;
        return { text: content[0].text, isError };
      } catch (error) {
        return { text: messageOf(error), isError: true };
      }
    },
  };
}
