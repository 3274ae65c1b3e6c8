import { expect, test } from '@jest/globals';
import { STAGES, StageTimes } from '../../../src/http/request/stage-times.ts';

test('the headers have each stage once, in order, and what the cache had', async () => {
  const times = new StageTimes();
  expect(times.headers).toEqual({ 'Server-Timing': '', 'X-Spoor-Rows-Read': '0' });
  for (const stage of STAGES.toReversed()) times.add(stage, performance.now());
  await times.measure('parse', async () => {});
  await expect(times.measure('clickhouse', async () => Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  );
  times.addRows(5);
  times.addRows(7);
  times.addOutcome('hit');
  times.addOutcome('miss');
  times.addOutcome('coalesced');
  const { 'Server-Timing': timing = '', 'X-Spoor-Rows-Read': rows } = times.headers;
  expect(timing.replaceAll(/[\d.]+/g, 'N')).toBe(
    'parse;dur=N, queue;dur=N, clickhouse;dur=N, shape;dur=N, stream;dur=N, cache;desc="miss"',
  );
  expect(rows).toBe('12');
  expect(times.stages.map(({ stage }) => stage)).toEqual([...STAGES.toReversed(), 'parse', 'clickhouse']);
  times.beginLast('stream');
  expect(times.stages.at(-1)).toEqual({
    stage: 'stream',
    start: expect.any(Number),
    duration: expect.any(Number),
  });
});
