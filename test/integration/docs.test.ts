import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { METHODS } from '../../src/http/openapi/model.ts';
import { apiDocument } from '../support/outside.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

const get = (path: string, headers = {}) => spoor.send('GET', path, { key: null, headers });

describe.each([
  ['/openapi.json', 'application/json; charset=utf-8'],
  ['/docs', 'text/html; charset=utf-8'],
  ['/docs/style.css', 'text/css; charset=utf-8'],
])('%s', (path, type) => {
  test('is open to everybody, and caches may keep it as long as its tag holds', async () => {
    const { status, headers, text } = await get(path);
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      type,
      'public, no-cache',
    ]);
    expect(text.length).toBeGreaterThan(1_000);
    const tag = headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\/"[\w-]+"$/);
    for (const named of [tag, `"other", ${tag}`, tag.slice(2), '*']) {
      const again = await get(path, { 'if-none-match': named });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag]);
    }
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('comes packed to whoever takes it so, and plain to others', async () => {
    const packed = await get(path, { 'accept-encoding': 'gzip' });
    const plain = await get(path, { 'accept-encoding': 'identity' });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    for (const { headers } of [packed, plain]) expect(headers.get('vary')).toContain('Accept-Encoding');
    // fetch unpacks it.
    expect(packed.text).toBe(plain.text);
  });
});

test('/openapi.json is the document', async () => {
  expect((await get('/openapi.json')).json).toEqual(apiDocument());
});

describe('/docs', () => {
  let page: string;
  let policy: string | null;
  beforeAll(async () => {
    const { text, headers } = await get('/docs');
    // As a browser reads it: where markup breaks its lines means nothing.
    page = text.replaceAll(/\s+</g, '<').replaceAll(/>\s+/g, '>');
    policy = headers.get('content-security-policy');
  });

  test('needs nothing that its policy forbids: no script, no inline style, no other host', () => {
    expect(policy).toBe(
      "default-src 'none';style-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(page).not.toMatch(/<script|<style|<img|<iframe|<form| style=| on\w+=/i);
    const loaded = [...page.matchAll(/<link[^>]*href="([^"]*)"/g)].map(([, href]) => href);
    expect(loaded).toEqual(['/docs/style.css']);
    const links = [...page.matchAll(/<a[^>]*href="([^"]*)"/g)].map(([, href = '']) => href);
    expect(links.filter((href) => !href.startsWith('#'))).toEqual(['/openapi.json']);
  });

  test('every link inside leads somewhere, and no place has two', () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, href = ''] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(href);
  });

  test('shows every operation, parameter, status and schema', () => {
    const { paths, components } = apiDocument();
    for (const [path, item] of Object.entries(paths)) {
      for (const method of METHODS) {
        const operation = item[method];
        if (operation === undefined) continue;
        const article =
          page.split('<article ').find((one) => one.startsWith(`id="${operation.operationId}"`)) ?? '';
        expect(article).toContain(`<code>${path}</code>`);
        for (const { name } of operation.parameters ?? [])
          expect(article).toContain(`<dt><code>${name}</code>`);
        for (const status of Object.keys(operation.responses)) expect(article).toContain(`>${status}</span>`);
        expect(article.match(/<pre/g)?.length).toBeGreaterThanOrEqual(operation['x-codeSamples'].length);
      }
    }
    for (const name of Object.keys(components.schemas)) expect(page).toContain(`id="schema-${name}"`);
  });

  test('its style sheet loads nothing either', async () => {
    expect((await get('/docs/style.css')).text).not.toMatch(/url\(|@import|expression/i);
  });
});
