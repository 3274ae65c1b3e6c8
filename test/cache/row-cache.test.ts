import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ByteLru } from '../../src/cache/byte-lru.ts';
import { Database } from '../../src/clickhouse/database.ts';
import { CacheBudget } from '../../src/cache/cache-budget.ts';
import { RowCache } from '../../src/cache/row-cache.ts';
import { PartVersionPoll } from '../../src/clickhouse/part-version-poll.ts';
import { ClickRemoval } from '../../src/erasure/click-removal.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { UrlRegistry } from '../../src/urls/url-registry.ts';
import type { ShortUrl } from '../../src/urls/short-url.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { type TestSpoor, clickHouseSettings, startSpoor } from '../support/spoor.ts';

const STEPS = 100;
const CODES = ['a', 'b', 'c', 'd'];

/** How long ago a thing may have been so that is still believed, beside the changes of this process itself. */
const OLDEST_MS = 2_000;
const HOUR_MS = 3_600_000;

const COLUMNS = ['short_code', 'owner_id', 'created_at', 'private_stats', 'is_deleted', 'version'];

let spoor: TestSpoor;
let selects = 0;
let database: Database;
beforeAll(async () => {
  spoor = await startSpoor();
  const {
    CLICKHOUSE_URL: url = '',
    CLICKHOUSE_USER: user = '',
    CLICKHOUSE_PASSWORD: password = '',
  } = clickHouseSettings();
  database = new Database({ url, user, password }, spoor.database.name, (kind) => {
    if (kind === 'select') selects++;
  });
});
afterAll(async () => {
  await database.close();
  await spoor.stop();
});

let time: number;
let known: RowCache<ShortUrl>;
let version = 0;
beforeEach(async () => {
  await spoor.database.commandText('TRUNCATE TABLE urls');
  time = 0;
  const clock = () => time;
  const poll = new PartVersionPoll(database, 'urls', clock);
  known = new RowCache({ cache: new ByteLru(100_000), sizeOf: () => 1_000, poll, clock });
});

/** Each write gives the URL another owner, by which what is found is told from what was there before. */
function urlOf(shortCode: string): ShortUrl {
  return {
    shortCode,
    ownerId: `owner ${++version}`,
    createdAt: 0,
    privateStats: true,
    longUrl: null,
    tags: [],
  };
}

async function store({ shortCode, ownerId }: ShortUrl, isDeleted = false): Promise<void> {
  const row = [shortCode, ownerId, 0, true, isDeleted, version];
  await spoor.database.insert('urls', COLUMNS, [JSON.stringify(row)]);
}

async function write(shortCode: string, isDeleted = false): Promise<ShortUrl> {
  const url = urlOf(shortCode);
  await store(url, isDeleted);
  return url;
}

async function read(shortCode: string): Promise<string | undefined> {
  const remember = known.beginRead();
  const rows = await spoor.database.rows<[string]>(
    sql`SELECT owner_id FROM urls FINAL WHERE short_code = ${param('String', shortCode)} AND NOT is_deleted`,
  );
  const ownerId = rows[0]?.[0];
  if (ownerId !== undefined)
    remember(shortCode, { shortCode, ownerId, createdAt: 0, privateStats: true, longUrl: null, tags: [] });
  return ownerId;
}

test(`what is known of a URL was so within two seconds, whoever changes it (SPOOR_TEST_SEED=${SEED})`, async () => {
  const below = seededRandom(SEED);
  /** Of each code, its owners and when they came, the newest last. */
  const truth = new Map(CODES.map((code) => [code, [{ at: 0, ownerId: undefined as string | undefined }]]));
  const note = (code: string, ownerId: string | undefined, isAlone: boolean): void => {
    const now = { at: time, ownerId };
    truth.set(code, isAlone ? [now] : [...(truth.get(code) ?? []), now]);
  };
  const steps: Readonly<Record<string, (code: string) => Promise<void>>> = {
    'another instance writes': async (code) => note(code, (await write(code)).ownerId, false),
    'another instance deletes': async (code) => {
      await write(code, true);
      note(code, undefined, false);
    },
    'this one writes': async (code) => {
      const url = urlOf(code);
      await known.write([[code, url]], () => store(url));
      note(code, url.ownerId, true);
    },
    'rows are merged': async () => spoor.database.commandText('OPTIMIZE TABLE urls FINAL'),
    'time goes on': async () => void (time += below(2_500)),
  };
  let confirmed = 0;
  for (let step = 0; step < STEPS; step++) {
    const code = CODES[below(CODES.length)] ?? '';
    const names = Object.keys(steps);
    // Mostly nobody changes anything.
    const name = below(3) === 0 ? (names[below(names.length)] ?? '') : 'time goes on';
    await steps[name]?.(code);
    const asked = CODES[below(CODES.length)] ?? '';
    const young = known.get(asked);
    const found = await known.find(asked);
    if (found === undefined) {
      await read(asked);
      continue;
    }
    if (young === undefined) confirmed++;
    const all = truth.get(asked) ?? [];
    const possible = all.filter((_, index) => (all[index + 1]?.at ?? Infinity) >= time - OLDEST_MS);
    expect(possible.map(({ ownerId }) => ownerId)).toContain(found.ownerId);
  }
  expect(confirmed).toBeGreaterThan(0);
});

test('as long as nobody changes any URL, one look a second is all it takes', async () => {
  for (const code of CODES) await write(code);
  // What is read before the first look has nothing to be compared with.
  await read('a');
  time += HOUR_MS;
  expect(await known.find('a')).toBeUndefined();
  for (const code of CODES) await read(code);
  for (let hour = 0; hour < 3; hour++) {
    time += HOUR_MS;
    const before = selects;
    const found = await Promise.all([...CODES, ...CODES].map((code) => known.find(code)));
    expect(found.map((url) => url?.shortCode)).toEqual([...CODES, ...CODES]);
    expect(selects - before).toBe(1);
  }
  time += HOUR_MS;
  await write('another');
  expect(await known.find('a')).toBeUndefined();
});

test('of replicas and tables over several servers nothing is believed for longer', async () => {
  await write('a');
  await spoor.database.commandText('RENAME TABLE urls TO urls_elsewhere');
  try {
    await spoor.database.commandText(`CREATE TABLE urls AS urls_elsewhere
      ENGINE = Merge(currentDatabase(), '^urls_elsewhere$')`);
    for (let round = 0; round < 3; round++) {
      expect(await read('a')).toBeDefined();
      time += HOUR_MS;
      expect(await known.find('a')).toBeUndefined();
    }
  } finally {
    await spoor.database.commandText('DROP TABLE IF EXISTS urls');
    await spoor.database.commandText('RENAME TABLE urls_elsewhere TO urls');
  }
});

test('who is alone with the rows never asks', async () => {
  const alone = new RowCache<ShortUrl>({
    cache: new ByteLru(100_000),
    sizeOf: () => 1_000,
    poll: undefined,
    clock: () => time,
  });
  const url = await write('a');
  alone.beginRead()('a', url);
  time += HOUR_MS;
  const before = selects;
  expect(await alone.find('a')).toEqual(url);
  expect(selects).toBe(before);
});

test.each([false, true])(
  'a URL that is not accepted takes as many queries as none, cached or not (only writer: %j)',
  async (isOnlyWriter) => {
    const removal = new ClickRemoval([], { note: async () => {} });
    const budget = new CacheBudget(1_000_000);
    const urls = new UrlRegistry(database, () => ++version, removal, budget, isOnlyWriter);
    await write('a');
    const queriesFor = async (code: string): Promise<number> => {
      const before = selects;
      expect(await urls.find(code, ({ privateStats }) => !privateStats)).toBeUndefined();
      return selects - before;
    };
    const queries = [await queriesFor('a'), await queriesFor('none')];
    expect(await urls.find('a')).toMatchObject({ shortCode: 'a' });
    queries.push(await queriesFor('a'), await queriesFor('none'));
    expect(queries).toEqual([1, 1, 1, 1]);
  },
);

test.each([
  ['a write', () => known.write([['b', undefined]], async () => {})],
  ['forgetting everything', async () => known.clear()],
])('what was being read during %s is not found after it', async (_, change) => {
  const url = await write('a');
  const remember = known.beginRead();
  await change();
  remember('a', url);
  expect(known.get('a')).toBeUndefined();
});
