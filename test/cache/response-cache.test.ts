import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DataChanges } from '../../src/cache/data-changes.ts';
import { KeptAnswers, type MadeAnswer, type MakeAnswer } from '../../src/cache/response-cache.ts';
import { StoredDataWatch } from '../../src/cache/freshness-check.ts';
import { CacheBudget } from '../../src/cache/cache-budget.ts';
import { unavailable } from '../../src/errors.ts';
import type { Holder } from '../../src/fair-share/holder.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

const ANN: Holder = { kind: 'owner', name: 'ann' };
const STRANGER: Holder = { kind: 'stranger', name: '192.0.2.1' };
const signal = new AbortController().signal;

/** Asks about one public link of ann's. */
function asker(): (holder: Holder, make: MakeAnswer) => Promise<string> {
  const changes = new DataChanges();
  const stored = new StoredDataWatch(spoor.database, changes);
  const answers = new KeptAnswers(new CacheBudget(1_048_576), changes, stored, () => {});
  const tenant = { kind: 'url', ownerId: 'ann', shortCode: 'launch' } as const;
  return async (holder, make) =>
    (await answers.answer({ name: 'the same', tenant, holder, isOver: false }, signal, make)).body.toString();
}

const answerOf = (text: string): MadeAnswer => ({
  body: Buffer.from(text),
  tag: text,
  range: { start: 0, end: 1 },
  isFixedUntil: undefined,
});

/** Waits in its holder's queue until it is refused. */
function queued(): { readonly make: MakeAnswer; readonly refuse: () => void } {
  let refuse = (): void => {};
  const refusal = new Promise<never>((_, reject) => (refuse = () => reject(unavailable('refused'))));
  return { make: () => refusal, refuse };
}

test.each<[string, Holder, Holder]>([
  ['an owner', ANN, STRANGER],
  ['an owner', ANN, { kind: 'owner', name: 'ben' }],
  ['a stranger', STRANGER, { kind: 'owner', name: STRANGER.name }],
])('%s, %j, neither waits for the share of %j nor is refused with it', async (_, holder, other) => {
  const ask = asker();
  const { make, refuse } = queued();
  const waiting = ask(other, make);
  expect(await ask(holder, async () => answerOf('own'))).toBe('own');
  refuse();
  await expect(waiting).rejects.toThrow('refused');
});

test.each<[string, Holder, Holder]>([
  ['one owner', ANN, ANN],
  ['strangers of any network', STRANGER, { kind: 'stranger', name: '2001:db8:0:1::/64' }],
])('equal questions of %s are made once', async (_, holder, other) => {
  const ask = asker();
  let answer = (_made: MadeAnswer): void => {};
  const made = new Promise<MadeAnswer>((resolve) => (answer = resolve));
  const first = ask(holder, () => made);
  const second = ask(other, () => Promise.reject(new Error('made again')));
  answer(answerOf('shared'));
  expect(await Promise.all([first, second])).toEqual(['shared', 'shared']);
});

const made =
  (text: string): MakeAnswer =>
  async (_, begin) => {
    await begin();
    return answerOf(text);
  };

test('when one who asked first has no share left, those who joined ask for themselves', async () => {
  const ask = asker();
  const { make, refuse } = queued();
  const first = ask(STRANGER, make);
  const joined = ask(STRANGER, made('own'));
  await Promise.resolve();
  refuse();
  await expect(first).rejects.toThrow('refused');
  expect(await joined).toBe('own');
});

test('once it has been looked for, its failure is that of all who asked', async () => {
  const ask = asker();
  let fail = (): void => {};
  const failure = new Promise<never>((_, reject) => {
    fail = () => reject(unavailable('ClickHouse does not answer.'));
  });
  const first = ask(STRANGER, async (_, begin) => {
    await begin();
    return failure;
  });
  const joined = ask(STRANGER, made('own'));
  fail();
  await expect(first).rejects.toThrow('does not answer');
  await expect(joined).rejects.toThrow('does not answer');
});
