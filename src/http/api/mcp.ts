import { z } from 'zod';
import { listed } from '../../lib/names.ts';
import type { Answer, Message } from '../../mcp/answer-message.ts';
import type { Tools } from '../../mcp/tool.ts';
import { errorSchema } from '../openapi/documented-errors.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { type Context, signalOf } from '../request/context.ts';
import { STATS_SCOPES } from '../request/tenant.ts';
import { keyWith } from '../route/access.ts';
import { jsonBody } from '../route/body.ts';
import { parsedBy } from '../route/declared-parameters.ts';
import { empty, encodedJson } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { RATE_LIMIT_HEADERS } from './common-responses.ts';
import { TOOL_NAMES, toolsFor } from './mcp-tools.ts';
import { STATS_RATE_LIMIT } from './rate-limits.ts';

/** What a client says of a message in headers, too. */
const PROTOCOL_HEADERS = ['mcp-protocol-version', 'mcp-method', 'mcp-name'] as const;

const LIST_TOOLS = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

const QUERY_STATS = {
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'query_stats', arguments: { range: 'yesterday', group_by: ['country'], limit: 5 } },
};

const message = requestSchema(
  'McpMessage',
  z.looseObject(
    {
      jsonrpc: z.literal('2.0', 'must be 2.0'),
      method: z.string('must be a method of the protocol'),
      id: z.union([z.string(), z.number()], 'must be a text or a number').optional(),
      params: z.record(z.string(), z.unknown(), 'must be an object').optional(),
    },
    'must be one message, a JSON object',
  ),
  {
    description: 'A request or a notification of JSON-RPC 2.0. Several at once are refused.',
    fields: () => ({
      jsonrpc: { description: 'The version of JSON-RPC.' },
      method: { description: 'The method.', examples: ['tools/call'] },
      id: { description: 'Repeated in the response; a notification has none.' },
      params: { description: 'As the method takes them.' },
    }),
  },
);

const responseSchema = namedSchema(
  'McpResponse',
  z
    .strictObject({
      jsonrpc: z.literal('2.0'),
      id: z.union([z.string(), z.number()]).nullable(),
      result: z.record(z.string(), z.unknown()).exactOptional().describe('What the method returns.'),
      error: z
        .looseObject({ code: z.int(), message: z.string() })
        .exactOptional()
        .describe('Why there is no result.'),
    })
    .describe('A response of JSON-RPC 2.0.'),
);

const refusalSchema = namedSchema(
  'McpRefusal',
  z.union([responseSchema.schema, errorSchema.schema]).describe('What is wrong with the message.'),
);

const refusal = (description: string, code: number, text: string) =>
  encodedJson({
    schema: refusalSchema,
    nested: [responseSchema],
    description,
    examples: { refusal: { value: { jsonrpc: '2.0', id: 1, error: { code, message: text } } } },
  });

const postMessage = route({
  method: 'post',
  path: '/mcp',
  operationId: 'postMcpMessage',
  tag: 'Statistics',
  summary: 'Ask for statistics by the Model Context Protocol',
  description: `For assistants and other programs that speak the [Model Context Protocol](https://modelcontextprotocol.io): its streamable HTTP, without sessions. The tools ${listed(
    TOOL_NAMES.map((name) => `\`${name}\``),
    'and',
  )} read and change nothing. A failure is a result of the tool, with the sentence of the error. A longer result than a model can read is cut, and says so.

Each message counts against the rate limit of \`GET /api/v1/stats\`.`,
  access: keyWith(...STATS_SCOPES),
  rateLimit: { ...STATS_RATE_LIMIT, sharedWith: 'GET /api/v1/stats' },
  parameters: parsedBy([], (ctx) => {
    ctx.state.isRead = true;
  }),
  body: jsonBody(message, {
    description: 'The message.',
    isRequired: true,
    examples: {
      list: { summary: 'The tools', value: LIST_TOOLS },
      call: { summary: 'A stats query', value: QUERY_STATS },
    },
  }),
  responses: {
    200: encodedJson({
      schema: responseSchema,
      description: 'The response.',
      headers: RATE_LIMIT_HEADERS,
      examples: {
        result: {
          value: { jsonrpc: '2.0', id: 2, result: { content: [{ type: 'text', text: '{"summary":{…}}' }] } },
        },
      },
    }),
    202: empty('The notification was taken. No body.'),
    400: refusal('The message is none of a known revision of the protocol.', -32_600, 'Bad Request: …'),
    404: refusal('There is no such method.', -32_601, 'Method not found'),
  },
  errors: [],
  samples: [
    {
      label: 'A stats query',
      path: '/mcp',
      body: { type: 'application/json', text: JSON.stringify(QUERY_STATS) },
    },
    {
      label: 'The tools',
      path: '/mcp',
      body: { type: 'application/json', text: JSON.stringify(LIST_TOOLS) },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, body }) => {
      const signal = signalOf(ctx);
      const tools = toolsFor({ services, ctx, principal, signal });
      const { status, json } = await answer(tools, {
        json: body,
        headers: headersOf(ctx),
        signal,
      });
      if (status >= 500) throw new Error('The MCP library failed.');
      if (json === undefined) return { status: 202 };
      const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
      const reply = { headers, body: Buffer.from(json) };
      if (status === 200) return { status, ...reply };
      return { status: status === 404 ? status : 400, ...reply };
    },
});

export const MCP_ROUTES = [postMessage] as const;

/** The protocol's own library is large, and loaded when it is first needed. */
async function answer(tools: Tools, sent: Message): Promise<Answer> {
  const { answerMessage } = await import('../../mcp/answer-message.ts');
  return answerMessage(tools, sent);
}

function headersOf(ctx: Context): Message['headers'] {
  return Object.fromEntries(
    PROTOCOL_HEADERS.map((name) => [name, ctx.get(name)]).filter(([, value]) => value !== ''),
  );
}
