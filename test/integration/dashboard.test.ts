import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from '../../src/http/request/context.ts';
import type { Services } from '../../src/http/request/services.ts';
import { dashboardRoutes } from '../../src/http/api/dashboard.ts';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const BUILT = join(PACKAGE_ROOT, 'dist/dashboard');

let spoor: TestSpoor;
let names: readonly string[];
beforeAll(async () => {
  spoor = await startSpoor();
  names = readdirSync(join(BUILT, 'assets')).filter((name) => !/\.(gz|br)$/.test(name));
});
afterAll(() => spoor.stop());

interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** As it comes over the wire: fetch would unpack it. */
async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Sent> {
  const asked = request(new URL(path, spoor.url), { headers }).end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('No answer came.');
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) };
}

const UNPACKED = { gzip: gunzipSync, br: brotliDecompressSync, identity: (body: Buffer) => body };

describe('the page', () => {
  test('lets nothing run but what this server has', async () => {
    const { status, headers, body } = await get('/');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|http|data:|\*/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    const links = [...body.toString().matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, link]) => String(link))
      .filter((link) => link !== '/');
    expect(new Set(links)).toEqual(new Set(names.map((name) => `/assets/${name}`)));
  });

  test('is asked for anew each time, and sent again only when it has changed', async () => {
    const { headers } = await get('/');
    expect(headers['cache-control']).toBe('no-cache');
    const tag = String(headers['etag']);
    const again = await get('/', { 'if-none-match': tag, 'cache-control': 'no-cache' });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await get('/', { 'if-none-match': 'W/"other"' })).status).toBe(200);
  });

  test('takes no method but GET and HEAD', async () => {
    expect((await spoor.send('HEAD', '/')).status).toBe(200);
    expect((await spoor.send('POST', '/')).status).toBe(405);
  });
});

describe('its files', () => {
  test.each([
    ['', 'identity'],
    ['identity', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['zstd', 'identity'],
    ['*', 'br'],
  ] as const)('come packed as one accepts it: %j', async (accepted, encoding) => {
    for (const name of names) {
      const { status, headers, body } = await get(`/assets/${name}`, { 'accept-encoding': accepted });
      expect([status, headers['content-encoding'] ?? 'identity']).toEqual([200, encoding]);
      expect(headers['vary']).toContain('Accept-Encoding');
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(UNPACKED[encoding](body)).toEqual(readFileSync(join(BUILT, 'assets', name)));
    }
  });

  test('have names that change with them, and types', async () => {
    const types = new Set<unknown>();
    for (const name of names) {
      expect(name).toMatch(/^[\w-]+-[A-Z0-9]{8}\.(?:js|css|svg)$/);
      types.add((await get(`/assets/${name}`)).headers['content-type']);
    }
    expect(types).toEqual(
      new Set(['image/svg+xml', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8']),
    );
  });

  test('are small, and name no other host', async () => {
    let size = 0;
    for (const name of names) {
      size += (await get(`/assets/${name}`, { 'accept-encoding': 'gzip' })).body.length;
      const hosts = readFileSync(join(BUILT, 'assets', name), 'utf8').match(/https?:\/\/[\w.-]+\w/g) ?? [];
      // Names of markup languages, and the link to those who know the places.
      for (const host of hosts) expect(['http://www.w3.org', 'https://db-ip.com']).toContain(host);
    }
    expect(size).toBeLessThan(100_000);
  });

  test.each(['/assets/none.js', '/assets/..%2Findex.html', '/assets/index.html', '/assets/'])(
    'others are not to be had: %s',
    async (path) => {
      const { status, headers } = await get(path);
      expect([status, headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    },
  );
});

test('a server without the built page says how to get it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-no-page-'));
  const [page] = dashboardRoutes(folder);
  const handle = page?.open({} as Services);
  await expect(handle?.({ querystring: '' } as Context)).rejects.toThrow(
    'The dashboard is not built: run "npm run build" and start again.',
  );
  rmSync(folder, { recursive: true });
});
