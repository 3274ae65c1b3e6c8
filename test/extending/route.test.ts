import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endProcesses } from '../support/process.ts';
import { RecipeCopy, recipeSteps } from '../support/recipe.ts';

let copy: RecipeCopy;
beforeAll(async () => {
  copy = new RecipeCopy({ SPOOR_RATE_LIMITS: 'on' });
  copy.apply(recipeSteps('A route'));
  await copy.build();
  await copy.start();
}, 120_000);
afterAll(async () => {
  await copy.dropDatabase();
  await endProcesses();
});

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
