import { z } from 'zod';
import { createClient } from '../src/cli/client.ts';
import { seed } from '../src/cli/seed-command.ts';
import { type Bench, type Benchmark, atMost, medianTime, startWithOwnClickHouse } from './harness.ts';

const OWNER = 'listed';
const LINKS = 10_000;
const DAYS = 365;
/** For each click of the sample. */
const TIMES = 20;
const RUNS = 15;
const FIELDS = 'clicked_at,short_code,country,browser,referrer';
const PAGE = 1_000;
const MOST_MS = 30;
/** The thousandth page begins behind 999 pages, which are read as fewer and larger ones. */
const LARGE_PAGE = 9_990;
const LARGE_PAGES = 100;

const pageSchema = z.object({ items: z.array(z.unknown()), next_cursor: z.string() });

/** A page of an owner with many clicks of many links, the first and the thousandth. */
export const listing: Benchmark = {
  floor: `${MOST_MS} ms; for the thousandth page: the second`,
  run: async (bench) => {
    const service = await startWithOwnClickHouse(bench);
    try {
      const key = bench.headers['authorization']?.slice('Bearer '.length);
      const sample = { urls: LINKS, owners: [OWNER], days: DAYS, seed: 1, end: bench.end };
      await seed(createClient(service.url, key), { ...sample, clicks: TIMES * bench.clicks });
      const all = { ...bench, url: service.url };
      return [...(await measure(all, 'newest')), ...(await measure(all, 'link'))];
    } finally {
      await service.stop();
    }
  },
};

async function measure(bench: Bench, order: string) {
  const range = `start_date=${bench.end - DAYS * 86_400_000}&end_date=${bench.end}`;
  const page = async (query: string, limit = PAGE) => {
    const response = await fetch(`${bench.url}/api/v1/clicks?limit=${limit}&${query}`, {
      headers: bench.headers,
    });
    return pageSchema.parse(await response.json());
  };
  const first = `owner_id=${OWNER}&order=${order}&fields=${FIELDS}&${range}`;
  const second = `cursor=${(await page(first)).next_cursor}`;
  let behind = first;
  for (let read = 0; read < LARGE_PAGES; read++) {
    behind = `cursor=${(await page(behind, LARGE_PAGE)).next_cursor}`;
  }
  const times = [];
  for (const query of [first, second, behind])
    times.push(await medianTime(RUNS, async () => void (await page(query))));
  const [ofFirst = 0, ofSecond = 0, ofThousandth = 0] = times;
  return [
    atMost(`listing-${order}`, 'ms', ofFirst, MOST_MS, 1),
    atMost(`listing-${order}-thousandth`, 'ms', ofThousandth, ofSecond, 1.2),
  ];
}
