import { expect, test } from '@jest/globals';
import { DataChanges } from '../../src/answers/data-changes.ts';
import { type MadeAnswer, type MakeAnswer, KeptAnswers } from '../../src/answers/kept-answers.ts';
import { StoredDataWatch } from '../../src/answers/stored-data.ts';
import { CacheBudget } from '../../src/caches/cache-budget.ts';
import { Database } from '../../src/clickhouse/database.ts';
import { unavailable } from '../../src/errors.ts';

const STAYS = new AbortController().signal;
const LINK = {
  name: 'a question',
  tenant: { kind: 'url', ownerId: 'ann', shortCode: 'link' },
  // Nothing is asked of the database about a range that goes on.
  isOver: false,
} as const;
const STRANGER = { ...LINK, kind: 'stranger' } as const;
const OWNER = { ...LINK, kind: 'owner' } as const;

function open(): KeptAnswers {
  const changes = new DataChanges();
  const nowhere = new Database({ url: 'http://127.0.0.1:1', user: '', password: '' }, 'none');
  return new KeptAnswers(
    new CacheBudget(1_000_000),
    changes,
    new StoredDataWatch(nowhere, changes),
    () => {},
  );
}

const answerOf = (tag: string): MadeAnswer => ({
  body: Buffer.from(tag),
  tag,
  range: { start: 0, end: 1 },
  isFixedUntil: undefined,
});

/** Work in a queue that is not served. */
function queued(): { readonly make: MakeAnswer; readonly refuse: () => void } {
  let refuse = (): void => {};
  const refused = new Promise<never>((_, reject) => {
    refuse = () => reject(unavailable('Too many questions are asked at once.'));
  });
  refused.catch(() => {});
  return { make: () => refused, refuse };
}

const made =
  (tag: string): MakeAnswer =>
  async (_, begin) => {
    await begin();
    return answerOf(tag);
  };

test('a question of an owner does not wait in the queue of a stranger who asks the same', async () => {
  const answers = open();
  const { make, refuse } = queued();
  const first = answers.answer(STRANGER, STAYS, make);
  expect((await answers.answer(OWNER, STAYS, made('own'))).tag).toBe('own');
  refuse();
  await expect(first).rejects.toThrow('Too many');
});

test('when one who asked first has no share left, those who joined ask for themselves', async () => {
  const answers = open();
  const { make, refuse } = queued();
  const first = answers.answer(STRANGER, STAYS, make);
  const joined = answers.answer(STRANGER, STAYS, made('own'));
  await Promise.resolve();
  refuse();
  await expect(first).rejects.toThrow('Too many');
  expect((await joined).tag).toBe('own');
});

test('once it has been looked for, its failure is that of all who asked', async () => {
  const answers = open();
  let fail = (): void => {};
  const failure = new Promise<never>((_, reject) => {
    fail = () => reject(unavailable('ClickHouse does not answer.'));
  });
  const first = answers.answer(STRANGER, STAYS, async (_, begin) => {
    await begin();
    return failure;
  });
  const joined = answers.answer(STRANGER, STAYS, made('own'));
  fail();
  await expect(first).rejects.toThrow('does not answer');
  await expect(joined).rejects.toThrow('does not answer');
});
