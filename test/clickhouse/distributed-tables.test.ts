import { describe, expect, test } from '@jest/globals';
import { readMigrations } from '../../src/clickhouse/migrations.ts';
import {
  type ShardingPlan,
  onCluster,
  shardedStatement,
  statementsOfNewNode,
} from '../../src/clickhouse/distributed-tables.ts';
import { checkRows } from '../../src/clickhouse/topology.ts';

const alone: ShardingPlan = { cluster: 'web', database: 'spoor', slots: [1, 2, 2], isReplicated: false };
const replicated: ShardingPlan = { ...alone, isReplicated: true };
const home = { shard: 1, replica: 1 };
const other = { shard: 2, replica: 1 };
const copy = { shard: 2, replica: 2 };

const CLICKS = `CREATE TABLE IF NOT EXISTS clicks
(
    visitor UInt64
)
ENGINE = MergeTree
ORDER BY visitor
SETTINGS non_replicated_deduplication_window = 10000`;
const URLS = `CREATE TABLE IF NOT EXISTS urls (short_code String, version UInt64)
ENGINE = ReplacingMergeTree(version)
ORDER BY short_code`;

const OVER_SHARDS = `CREATE TABLE IF NOT EXISTS clicks AS spoor.clicks_local
ENGINE = Distributed('web', 'spoor', 'clicks_local', visitor)`;

describe('a statement of a migration becomes', () => {
  test('for clicks a table on each node, which knows its shard, and one over them', () => {
    expect(shardedStatement(CLICKS, other, alone)).toEqual([
      `CREATE TABLE IF NOT EXISTS clicks_local
(
    visitor UInt64
)
ENGINE = MergeTree
ORDER BY visitor
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Shard 2. Clicks are dealt to shards 1, 2, 2 by visitor.'`,
      OVER_SHARDS,
    ]);
  });

  test('with a Keeper a table that the replicas of a shard share', () => {
    expect(shardedStatement(CLICKS, copy, replicated)).toEqual([
      `CREATE TABLE IF NOT EXISTS clicks_local
(
    visitor UInt64
)
ENGINE = ReplicatedMergeTree('/spoor/web/spoor/clicks_local/2', 'shard 2 replica 2')
ORDER BY visitor
SETTINGS replicated_deduplication_window = 10000
COMMENT 'Shard 2. Clicks are dealt to shards 1, 2, 2 by visitor.'`,
      OVER_SHARDS,
    ]);
  });

  test('for another table one on the first node, or with a Keeper the same on all of them', () => {
    expect(shardedStatement(URLS, home, alone)).toEqual([URLS]);
    expect(shardedStatement(URLS, other, alone)).toEqual([]);
    for (const node of [home, other, copy]) {
      const [only, ...more] = shardedStatement(URLS, node, replicated);
      expect(more).toEqual([]);
      expect(only).toContain(
        `ENGINE = ReplicatedReplacingMergeTree('/spoor/web/spoor/urls', 'shard ${node.shard} replica ${node.replica}', version)`,
      );
    }
  });

  test('for a change of clicks one of the shard’s table, said once to its replicas, and of the table over the shards', () => {
    const column = "ALTER TABLE clicks ADD COLUMN IF NOT EXISTS device LowCardinality(String) DEFAULT ''";
    const local = column.replace('clicks', 'clicks_local');
    expect(shardedStatement(column, other, alone)).toEqual([local, column]);
    expect(shardedStatement(column, other, replicated)).toEqual([local, column]);
    expect(shardedStatement(column, copy, replicated)).toEqual([column]);
    const index = 'ALTER TABLE clicks ADD INDEX IF NOT EXISTS by_visitor visitor TYPE minmax';
    expect(shardedStatement(index, other, alone)).toEqual([index.replace('clicks', 'clicks_local')]);
    expect(shardedStatement(index, copy, replicated)).toEqual([]);
  });

  test('for a change of another table the same, said once', () => {
    const change = 'ALTER TABLE urls ADD COLUMN IF NOT EXISTS note String';
    expect(shardedStatement(change, home, replicated)).toEqual([change]);
    expect(shardedStatement(change, copy, replicated)).toEqual([]);
  });
});

test('a node that is new gets its tables with the columns and indexes that were added to them, and copies the rows', () => {
  const added = (table: string, column: string) => `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${column}`;
  const index = 'ALTER TABLE clicks ADD INDEX IF NOT EXISTS by_visitor visitor TYPE minmax';
  const changes = ['UPDATE device = now64(3) WHERE true', 'MATERIALIZE INDEX IF EXISTS by_visitor'].map(
    (change) => `ALTER TABLE clicks ${change}`,
  );
  const columns = ['device String', "kind LowCardinality(String) DEFAULT ''"];
  const oneByOne = columns.map((column) => added('clicks', column));
  const atOnce = [oneByOne.join(',\n    ').replace(/\n    ALTER TABLE clicks/g, '\n   ')];
  for (const alters of [oneByOne, atOnce]) {
    const all = [CLICKS, ...alters, index, ...changes, added('other', 'x UInt8')];
    const inTable = [...columns, 'INDEX by_visitor visitor TYPE minmax'].join(',\n    ');
    expect(statementsOfNewNode(all)).toEqual([
      CLICKS.replace('visitor UInt64', `visitor UInt64,\n    ${inTable}`),
    ]);
  }
});

test('a node that is new gets its columns packed as those of the others have come to be', () => {
  const clicks = CLICKS.replace(
    'visitor UInt64',
    'visitor UInt64 CODEC(NONE),\n    clicked_at DateTime64(3) CODEC(Delta(8), ZSTD(1))',
  );
  const repacked = ['visitor CODEC(LZ4)', 'clicked_at CODEC(T64, ZSTD(1))'].map(
    (column) => `ALTER TABLE clicks MODIFY COLUMN ${column}`,
  );
  expect(statementsOfNewNode([clicks, ...repacked])).toEqual([
    clicks.replace('CODEC(NONE)', 'CODEC(LZ4)').replace('CODEC(Delta(8), ZSTD(1))', 'CODEC(T64, ZSTD(1))'),
  ]);
});

describe('said once to all nodes a statement', () => {
  test.each([
    ['CREATE DATABASE IF NOT EXISTS spoor', "CREATE DATABASE IF NOT EXISTS spoor ON CLUSTER 'web'"],
    [OVER_SHARDS, OVER_SHARDS.replace('EXISTS clicks AS', "EXISTS spoor.clicks ON CLUSTER 'web' AS")],
    [
      'ALTER TABLE clicks_local ADD COLUMN IF NOT EXISTS device String',
      "ALTER TABLE spoor.clicks_local ON CLUSTER 'web' ADD COLUMN IF NOT EXISTS device String",
    ],
  ])('names its table whole: %s', (statement, expected) => {
    expect(onCluster(statement, alone)).toBe(expected);
  });

  test('that is of another kind is not', () => {
    expect(onCluster('DROP TABLE IF EXISTS clicks', alone)).toBeUndefined();
  });
});

test('every migration can be carried out again on the nodes that have it already', () => {
  for (const statement of readMigrations().flatMap(({ statements }) => statements)) {
    // Of equal rows of `erased_until` one stays.
    expect(statement).toMatch(/\bIF (NOT )?EXISTS\b|\bMODIFY\b|\bUPDATE\b|^INSERT INTO erased_until\b/);
  }
});

test('of every migration with a Keeper each table is replicated, by a name of its own', () => {
  const created = readMigrations()
    .flatMap(({ statements }) => statements)
    .filter((statement) => statement.startsWith('CREATE TABLE'));
  const paths = created.map((statement) => {
    const [table = ''] = shardedStatement(statement, copy, replicated);
    expect(table).not.toContain('non_replicated');
    return /ENGINE = Replicated\w*MergeTree\('([^']+)', 'shard 2 replica 2'/.exec(table)?.[1];
  });
  expect(paths).not.toContain(undefined);
  expect(new Set(paths).size).toBe(created.length);
});

describe('a cluster is refused', () => {
  const row = (shard: number, replica: number, isInternal = true, weight = 1) => ({
    shard,
    replica,
    isInternal,
    weight,
  });
  test.each([
    ['that is unknown', [], 'ClickHouse knows no cluster web (CLICKHOUSE_CLUSTER).'],
    [
      'whose servers write to every replica themselves',
      [row(1, 1, false), row(1, 2, false)],
      'The cluster web has replicas: set internal_replication to true for its shards, or clicks would be stored twice.',
    ],
    [
      'whose shards have not equally many replicas',
      [row(1, 1), row(2, 1), row(2, 2)],
      'The shards of the cluster web must have equally many replicas.',
    ],
    ['without a weight', [row(1, 1, true, 0)], 'No shard of the cluster web has a weight.'],
  ])('%s', (_, rows, message) => {
    expect(() => checkRows('web', rows)).toThrow(message);
  });

  test('and is not, with replicas or without', () => {
    checkRows('web', [row(1, 1), row(1, 2), row(2, 1), row(2, 2)]);
    checkRows('web', [row(1, 1, false), row(2, 1, false)]);
  });
});
