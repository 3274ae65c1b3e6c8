import {
  ProtocolErrorCode,
  WebStandardStreamableHTTPServerTransport,
  createMcpHandler,
  isLegacyRequest,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { protocolServer } from './protocol-server.ts';
import type { Tools } from './tool.ts';

/** A message of the protocol that came as an HTTP request. */
export interface Message {
  readonly json: unknown;
  /** Those of the protocol: its version, the method and the name of the tool. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** undefined: the message takes no response. */
  readonly json: string | undefined;
}

/** Answers one message, of any revision of the protocol, and keeps nothing of it. */
export async function answerMessage(tools: Tools, { json, headers, signal }: Message): Promise<Answer> {
  const refusal = refusalOf(json);
  if (refusal !== undefined) return { status: 200, json: JSON.stringify(refusal) };
  const request = new Request('http://localhost/mcp', {
    method: 'POST',
    // Every response is JSON: no tool sends anything before its result.
    headers: {
      ...headers,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    signal,
  });
  const answer = (await isLegacyRequest(request, json)) ? answerStateless : answerModern;
  const response = await answer(tools, request, json);
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : withPlainError(text) };
}

/** The library tells what is wrong with a request by a dump of its own schema's issues. */
const DUMPED = /^([^[]{0,100})(\[\s*\{[^]*\])$/;
const dumpedError = z.looseObject({
  error: z.looseObject({ message: z.string().regex(DUMPED) }),
});
const dumpedIssues = z.tuple([z.object({ path: z.array(z.union([z.string(), z.number()])) })], z.unknown());

function withPlainError(json: string): string {
  const parsed = dumpedError.safeParse(JSON.parse(json));
  if (!parsed.success) return json;
  const { error, ...others } = parsed.data;
  const [, , dump = ''] = DUMPED.exec(error.message) ?? [];
  const [{ path }] = dumpedIssues.parse(JSON.parse(dump));
  const message = `${path.join('.') || 'The message'} is missing or not what it can be.`;
  return JSON.stringify({ ...others, error: { ...error, code: ProtocolErrorCode.InvalidParams, message } });
}

const call = z.object({
  id: z.union([z.string(), z.number()]),
  method: z.literal('tools/call'),
  params: z.unknown().optional(),
});

const callParams = z.object(
  {
    name: z.string('must be the name of a tool'),
    arguments: z.record(z.string(), z.unknown(), 'must be an object').optional(),
  },
  'must be an object',
);

/** The response to a call that is none: the library would show how it has checked it. */
function refusalOf(json: unknown) {
  const called = call.safeParse(json);
  const { error } = callParams.safeParse(called.data?.params);
  const [issue] = error?.issues ?? [];
  if (!called.success || issue === undefined) return undefined;
  const message = `${['params', ...issue.path].join('.')} ${issue.message}.`;
  return { jsonrpc: '2.0', id: called.data.id, error: { code: ProtocolErrorCode.InvalidParams, message } };
}

/** Revisions of 2025 and before. */
async function answerStateless(tools: Tools, request: Request, json: unknown): Promise<Response> {
  const server = protocolServer(tools);
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: true,
  });
  await server.connect(transport);
  try {
    return await transport.handleRequest(request, { parsedBody: json });
  } finally {
    await server.close();
  }
}

async function answerModern(tools: Tools, request: Request, json: unknown): Promise<Response> {
  // A subscription would hold a connection, and nothing that clients can subscribe to changes.
  const handler = createMcpHandler(() => protocolServer(tools), { legacy: 'reject', maxSubscriptions: 0 });
  try {
    return await handler.fetch(request, { parsedBody: json });
  } finally {
    await handler.close();
  }
}
