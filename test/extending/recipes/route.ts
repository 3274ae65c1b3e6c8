import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

/** Tests of the recipe "A route". */
export function route(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start({ SPOOR_RATE_LIMITS: 'on' });
  }, 120_000);
  afterAll(() => copy.stop());

  test('it responds as declared, within its rate limit', async () => {
    const response = await copy.send('GET', '/api/v1/key?scope=admin:all');
    expect([response.status, await response.json()]).toEqual([200, { owner_id: 'admin', may: true }]);
    expect(response.headers.get('ratelimit-limit')).toBe('10');
  });

  test('its parameters, key and method are checked', async () => {
    const wrong = await copy.send('GET', '/api/v1/key?scope=none');
    expect([wrong.status, await wrong.json()]).toMatchObject([
      400,
      { code: 'validation_error', field: 'scope' },
    ]);
    const withoutKey = await copy.send('GET', '/api/v1/key?scope=admin:all', undefined, null);
    expect(withoutKey.status).toBe(401);
    expect((await copy.send('POST', '/api/v1/key')).status).toBe(405);
  });

  test('the API document and the docs page describe it', async () => {
    const { paths, components, info } = await copy.json('GET', '/openapi.json');
    const { get } = paths['/api/v1/key'];
    expect(get.parameters).toMatchObject([{ name: 'scope', in: 'query', required: true }]);
    expect(Object.keys(get.responses)).toEqual(expect.arrayContaining(['200', '400', '401', '403', '429']));
    expect(components.schemas).toHaveProperty('OwnKey');
    expect(info.description).toContain('`/api/v1/key`: 10 a minute');
    const page = await (await copy.send('GET', '/docs')).text();
    expect(page).toContain('id="getOwnKey"');
  });
}
