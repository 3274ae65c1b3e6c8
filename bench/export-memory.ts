import { once } from 'node:events';
import { type IncomingMessage, get } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CLICK_FORMAT_NAMES, type ClickFormatName } from '../src/export/click-formats.ts';
import { type Bench, type Benchmark, atMost, peakMemoryOf, startService } from './harness.ts';

const FEW_CLICKS = 100_000;
const MOST_MIB = 200;
const MOST_MORE_MIB = 30;

const SLOW_BYTES_A_SECOND = 1_048_576;
/** After so many bytes a slow client has been waited for long enough, and leaves. */
const SLOW_BYTES = 16_777_216;

type Read = (response: IncomingMessage) => Promise<void>;

const READERS: Readonly<Record<string, Read>> = {
  fast: async (response) => finished(response.resume()),
  slow: async (response) => {
    let bytes = 0;
    for await (const piece of response) {
      bytes += Buffer.isBuffer(piece) ? piece.length : 0;
      if (bytes > SLOW_BYTES) return;
      await delay(((Buffer.isBuffer(piece) ? piece.length : 0) / SLOW_BYTES_A_SECOND) * 1_000);
    }
  },
};

/** What a service needs at most while it exports clicks, which must not depend on how many they are or how fast they are read. */
export const exportMemory: Benchmark = {
  floor: `${MOST_MIB} MiB; for all clicks: ${MOST_MORE_MIB} MiB more than for ${FEW_CLICKS}`,
  run: async (bench) => {
    const results = [];
    for (const format of CLICK_FORMAT_NAMES) {
      for (const [pace, read] of Object.entries(READERS)) {
        const { few, all } = await peaksOf(bench, format, read);
        const name = `export-memory-${format}-${pace}`;
        results.push(
          atMost(name, 'MiB', all, MOST_MIB, 1),
          atMost(`${name}-growth`, 'MiB', all - few, MOST_MORE_MIB, 1),
        );
      }
    }
    return results;
  },
};

/** The peaks of a service that has done nothing else: after an export of few clicks, and after one of all of them. */
async function peaksOf(bench: Bench, format: ClickFormatName, read: Read) {
  const dataDir = `${bench.settings['SPOOR_DATA_DIR']}-memory`;
  const { url, pid, stop } = await startService({ ...bench.settings, SPOOR_DATA_DIR: dataDir });
  const start = bench.end - bench.span * Math.min(1, FEW_CLICKS / bench.clicks);
  const path = `${url}/api/v1/export/clicks?format=${format}&owner_id=${bench.owner}`;
  const peakAfter = async (query: string): Promise<number> => {
    const request = get(`${path}${query}`, { headers: { ...bench.headers, 'accept-encoding': 'identity' } });
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (response?.statusCode !== 200) throw new Error(`Answered ${response?.statusCode}.`);
    await read(response);
    return peakMemoryOf(pid);
  };
  try {
    return { few: await peakAfter(`&start_date=${Math.round(start)}`), all: await peakAfter('') };
  } finally {
    await stop();
  }
}
