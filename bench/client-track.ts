import { setImmediate } from 'node:timers/promises';
import { Spoor } from '../src/client/spoor.ts';
import { type Benchmark, atLeast, interleaved, startWithOwnClickHouse } from './harness.ts';
import { ndjson, sendClicks } from './ingest-batch.ts';
import { someRawClicks } from './raw-clicks.ts';

const BATCHES = 4;
const BATCH_CLICKS = 5_000;

/** The TypeScript client's `track()`, from the first click to the acknowledgement of the last. */
export const clientTrack: Benchmark = {
  floor: 'the same clicks in requests whose bodies are made before, one after the other',
  run: async (bench) => {
    const batches = Array.from({ length: BATCHES }, (_, seed) => someRawClicks(seed, BATCH_CLICKS));
    const bodies = batches.map(ndjson);
    const service = await startWithOwnClickHouse(bench);
    const spoor = new Spoor({
      url: service.url,
      key: bench.headers['authorization']?.replace('Bearer ', ''),
      batchClicks: BATCH_CLICKS,
      batchBytes: Infinity,
      onDrop: ({ reason, error }) => {
        throw new Error(`Clicks were dropped: ${reason}.`, { cause: error });
      },
    });
    const track = async (): Promise<void> => {
      for (const batch of batches) {
        for (const click of batch) spoor.track(click);
        // Clicks come over time: a request begins while the next ones are tracked.
        await setImmediate();
      }
      await spoor.flush();
    };
    const send = async (): Promise<void> => {
      for (const body of bodies) await sendClicks(service.url, bench, body);
    };
    const times = await interleaved(9, track, send, 3);
    await spoor.close();
    await service.stop();
    const rate = (milliseconds: number) => (BATCHES * BATCH_CLICKS) / (milliseconds / 1_000);
    return [atLeast('client-track', 'clicks/s', rate(times.spoor), rate(times.floor), 0.9)];
  },
};
