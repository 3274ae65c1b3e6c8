import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { endProcesses, newFolder, startServer } from '../support/process.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

const MIB = 1_048_576;
const SETTINGS = {
  SPOOR_ADMIN_KEY: ADMIN_KEY,
  SPOOR_RATE_LIMITS: 'off',
  NODE_OPTIONS: '--max-old-space-size=128',
};

afterAll(endProcesses);

const LINES_A_BLOCK = 2_000;

/** A body as large as is allowed, packed. In its lines `#` stands for the number of the block that they are in. */
function largest(line: (place: number) => string): Buffer {
  const block = Array.from({ length: LINES_A_BLOCK }, (_, place) => `${line(place)}\n`).join('');
  const blocks: string[] = [];
  for (let bytes = 0; ;) {
    const text = block.replaceAll('#', String(blocks.length));
    bytes += text.length;
    if (bytes > 64 * MIB) return gzipSync(blocks.join(''), { level: 1 });
    blocks.push(text);
  }
}

const BODIES = {
  'clicks with much to keep': (owner: string) =>
    largest((place) =>
      JSON.stringify({
        short_code: `${owner}-${place}`,
        ip: `192.0.2.${place % 256}`,
        user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
        referrer: `https://news.ycombinator.com/item/#-${place}`,
        city: `City #-${place}`,
        click_id: `#-${place}`,
      }),
    ),
  'codes that are all new': (owner: string) => largest((place) => `{"short_code":"${owner}-#-${place}"}`),
};

test.each(Object.entries(BODIES))(
  'with a heap of 128 MiB the largest bodies of several owners are taken or refused, and the process lives on: %s',
  async (_, bodyOf) => {
    const owners = ['a', 'b', 'c'];
    const bodies = owners.map(bodyOf);
    const { server, url } = await startServer({ ...SETTINGS, SPOOR_DATA_DIR: newFolder() });
    const send = async (path: string, key: string, body: string | Buffer, headers = {}) => {
      const response = await fetch(url + path, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      });
      return { response, json: JSON.parse(await response.text()) };
    };
    const keys = await Promise.all(
      owners.map(async (owner) => {
        const wanted = JSON.stringify({ owner_id: owner, name: 'test', scopes: ['clicks:write'] });
        return String((await send('/api/v1/keys', ADMIN_KEY, wanted)).json.key);
      }),
    );
    const packed = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    const answers = await Promise.all(
      keys.map((key, place) => {
        const named = place === 0 ? {} : { 'idempotency-key': 'large' };
        return send('/api/v1/clicks', key, bodies[place] ?? '', { ...packed, ...named });
      }),
    );
    for (const { response, json } of answers) {
      expect([200, 503]).toContain(response.status);
      if (response.status === 503) expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      else expect(json.rejected).toEqual([]);
    }
    const click = await send('/api/v1/clicks', keys[0] ?? '', JSON.stringify({ short_code: 'a-1' }));
    expect([click.response.status, click.json.accepted]).toEqual([200, 1]);
    server.signal('SIGTERM');
    expect((await server.ended).code).toBe(0);
  },
  180_000,
);
