import {
  WebStandardStreamableHTTPServerTransport,
  createMcpHandler,
  isLegacyRequest,
} from '@modelcontextprotocol/server';
import { refusalOf, withPlainError } from './plain-errors.ts';
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
  return {
    status: response.status,
    json: text === '' ? undefined : JSON.stringify(withPlainError(JSON.parse(text))),
  };
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
