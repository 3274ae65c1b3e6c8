import { expect, test } from '@jest/globals';
import { answerMessage } from '../../src/mcp/answer-message.ts';

const tools = { list: async () => [], call: async () => undefined };

test('a request that is none of the protocol is told what is wrong without the issues of a schema', async () => {
  const json = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } };
  const answer = await answerMessage(tools, { json, headers: {}, signal: new AbortController().signal });
  expect([answer.status, JSON.parse(answer.json ?? '')]).toEqual([
    200,
    {
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: -32_602,
        message: 'params.capabilities is missing or not what it can be.',
      },
    },
  ]);
});
