import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import { nearestName } from '../lib/names.ts';
import { quotable } from '../lib/text.ts';
import { packageVersion } from '../process/package-version.ts';
import type { Tools } from './tool.ts';

const INSTRUCTIONS =
  'Spoor counts clicks on short links. Numbers are exact. query_stats answers most questions: give a range and a time zone, group by few dimensions, and ask for one list at a time. list_groups finds the values that filters can name, list_links the short codes.';

/** A server of the protocol with these tools, which all only read. It serves one connection, or one request. */
export function protocolServer(tools: Tools): Server {
  const server = new Server(
    { name: 'spoor', title: 'Spoor', version: packageVersion() },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler('tools/list', async () => ({
    tools: (await tools.list()).map((tool) => ({
      ...tool,
      annotations: { readOnlyHint: true, openWorldHint: false },
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params: { name, arguments: given = {} } }) => {
    const result = await tools.call(name, given);
    if (result === undefined) {
      const names = (await tools.list()).map((tool) => tool.name);
      const nearest = nearestName(name, names);
      const hint = nearest === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `There is no tool of the name ${quotable(name)}. ${hint}`,
      );
    }
    const { text, isError } = result;
    return { content: [{ type: 'text', text }], isError };
  });
  return server;
}
