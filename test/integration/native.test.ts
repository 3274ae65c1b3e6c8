import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import {
  boolColumn,
  nullableFloatColumn,
  sharedTextColumn,
  textColumn,
  textMapColumn,
  timeColumn,
  uint64Column,
} from '../../src/clickhouse/native.ts';
import { blockOf } from '../../src/clickhouse/native-block.ts';
import { sql } from '../../src/sql/sql.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

interface Row {
  readonly text: string;
  readonly kind: string;
  readonly number: bigint;
  readonly time: number;
  readonly flag: boolean;
  readonly duration: number | null;
  readonly pairs: readonly string[];
}

const COLUMNS = [
  textColumn<Row>('text', ({ text }) => text),
  textColumn<Row>('kind', ({ kind }) => kind),
  sharedTextColumn<Row>('shared', ({ kind }) => kind),
  uint64Column<Row>('number', ({ number }) => number),
  timeColumn<Row>('time', ({ time }) => time),
  boolColumn<Row>('flag', ({ flag }) => flag),
  nullableFloatColumn<Row>('duration', ({ duration }) => duration),
  textMapColumn<Row>('pairs', ({ pairs }) => pairs),
];

describe('rows inserted as a block', () => {
  let spoor: TestSpoor;

  beforeAll(async () => {
    spoor = await startSpoor();
    await spoor.database.command(sql`CREATE TABLE blocks (
      text String, kind LowCardinality(String), shared LowCardinality(String), number UInt64, time DateTime64(3, 'UTC'), flag Bool,
      duration Nullable(Float64), pairs Map(LowCardinality(String), String)) ENGINE = Memory`);
  });
  afterAll(() => spoor.stop());

  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ maxLength: 300 }),
    fc.constantFrom('', 'x'.repeat(127), 'x'.repeat(128), '€'.repeat(20_000), '\0'),
  );
  const row: fc.Arbitrary<Row> = fc.record({
    text,
    kind: text,
    number: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    time: fc.integer({ min: -1_000_000_000_000, max: 9_000_000_000_000 }),
    flag: fc.boolean(),
    duration: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    pairs: fc.oneof(
      fc.constant<string[]>([]),
      fc.dictionary(text, text, { maxKeys: 4 }).map((pairs) => Object.entries(pairs).flat()),
    ),
  });

  test('are the rows that were given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 1_100 }), async (rows) => {
        await spoor.database.command(sql`TRUNCATE TABLE blocks`);
        await spoor.database.insertBlock('blocks', blockOf(COLUMNS, rows));
        const stored = await spoor.database.rows(sql`
          SELECT text, kind, shared, toString(number), toUnixTimestamp64Milli(time), flag, duration,
            CAST(pairs, 'Array(Tuple(String, String))')
          FROM blocks`);
        expect(stored).toEqual(
          rows.map(({ text, kind, number, time, flag, duration, pairs }) => [
            text,
            kind,
            kind,
            String(number),
            time,
            flag,
            duration,
            Array.from({ length: pairs.length / 2 }, (_, place) => pairs.slice(2 * place, 2 * place + 2)),
          ]),
        );
      }),
      { numRuns: 40 },
    );
  });

  test.each([1, 256, 257, 65_536, 65_537])(
    'hold %d different texts among the shared, and names of pairs',
    async (count) => {
      const rows = Array.from({ length: count + 2 }, (_, place) => ({ shared: `text ${place % count}` }));
      const shared = sharedTextColumn<(typeof rows)[number]>('shared', (each) => each.shared);
      await spoor.database.command(sql`TRUNCATE TABLE blocks`);
      const pairs = textMapColumn<(typeof rows)[number]>('pairs', (each) => [each.shared, 'x']);
      await spoor.database.insertBlock('blocks', blockOf([shared, pairs], rows));
      const stored = await spoor.database.rows(sql`SELECT shared, mapKeys(pairs) FROM blocks`);
      expect(stored).toEqual(rows.map((each) => [each.shared, [each.shared]]));
    },
  );
});
