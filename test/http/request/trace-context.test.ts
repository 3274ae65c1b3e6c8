import { expect, test } from '@jest/globals';
import { traceContextOf, traceparentOf } from '../../../src/http/request/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const GIVEN = `00-${TRACE}-${PARENT}-01`;

test('a valid traceparent is taken and sent on', () => {
  const trace = traceContextOf({ headers: { traceparent: GIVEN } });
  expect(trace).toEqual({ traceId: TRACE, parentId: PARENT, flags: '01' });
  expect(trace && traceparentOf(trace)).toBe(GIVEN);
});

test.each([`01-${TRACE}-${PARENT}-01`, `cc-${TRACE}-${PARENT}-01-more`])(
  'so is %s of a later version',
  (traceparent) => {
    expect(traceContextOf({ headers: { traceparent } })?.traceId).toBe(TRACE);
  },
);

test.each([
  undefined,
  '',
  'x',
  `ff-${TRACE}-${PARENT}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}-${PARENT}`,
  `${GIVEN}-more`,
  `${GIVEN}\n`,
])('%j is none', (traceparent) => {
  expect(traceContextOf({ headers: { traceparent } })).toBeUndefined();
});
