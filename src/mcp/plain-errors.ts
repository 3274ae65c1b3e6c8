import { ProtocolErrorCode } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** The library tells what is wrong with a request by a dump of its own schema's issues. */
const DUMPED = /^([^[]{0,100})(\[\s*\{[^]*\])$/;
const dumpedError = z.looseObject({
  error: z.looseObject({ message: z.string().regex(DUMPED) }),
});
const dumpedIssues = z.tuple([z.object({ path: z.array(z.union([z.string(), z.number()])) })], z.unknown());

/** A response as it is to be sent: an error of the library's in one sentence. */
export function withPlainError<Response>(response: Response): Response {
  const parsed = dumpedError.safeParse(response);
  if (!parsed.success) return response;
  const { error } = parsed.data;
  const [, , dump = ''] = DUMPED.exec(error.message) ?? [];
  const [{ path }] = dumpedIssues.parse(JSON.parse(dump));
  const message = `${path.join('.') || 'The message'} is missing or not what it can be.`;
  return { ...response, error: { ...error, code: ProtocolErrorCode.InvalidParams, message } };
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
export function refusalOf(json: unknown) {
  const called = call.safeParse(json);
  const { error } = callParams.safeParse(called.data?.params);
  const [issue] = error?.issues ?? [];
  if (!called.success || issue === undefined) return undefined;
  const message = `${['params', ...issue.path].join('.')} ${issue.message}.`;
  const refusal = { code: ProtocolErrorCode.InvalidParams, message };
  return { jsonrpc: '2.0', id: called.data.id, error: refusal } as const;
}
