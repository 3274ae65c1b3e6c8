import { type Benchmark, atLeast, interleaved, startWithOwnClickHouse } from './harness.ts';
import { ndjson, sendClicks } from './ingest-batch.ts';
import { someDetailedClicks, someRawClicks } from './raw-clicks.ts';

const CLICKS = 5_000;
const BODIES = 8;
const WARM_UPS = 20;

/** Requests with 5,000 clicks that carry campaign, language, variant and properties, to a Spoor with its own ClickHouse. */
export const ingestFields: Benchmark = {
  floor: 'the same requests without these fields',
  run: async (bench) => {
    const seeds = Array.from({ length: BODIES }, (_, seed) => seed);
    const bodies = {
      detailed: seeds.map((seed) => ndjson(someDetailedClicks(seed, CLICKS))),
      raw: seeds.map((seed) => ndjson(someRawClicks(seed, CLICKS))),
    };
    const service = await startWithOwnClickHouse(bench);
    let request = 0;
    const send = (kind: keyof typeof bodies) =>
      sendClicks(service.url, bench, bodies[kind][request++ % BODIES] ?? '');
    const times = await interleaved(
      25,
      () => send('detailed'),
      () => send('raw'),
      WARM_UPS,
    );
    await service.stop();
    const rate = (milliseconds: number) => CLICKS / (milliseconds / 1000);
    return [atLeast('ingest-fields', 'clicks/s', rate(times.spoor), rate(times.floor), 0.85)];
  },
};
