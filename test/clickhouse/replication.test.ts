import { describe, expect, test } from '@jest/globals';
import { type FoundNode, isReplicatedCluster } from '../../src/clickhouse/replication.ts';

const PLAIN = 'MergeTree';
const REPLICATED = 'ReplicatedMergeTree';
const NO_CLICKS = undefined;

/** Two nodes, each with or without a Keeper and with its table of clicks. */
const found = (...nodes: readonly (readonly [hasKeeper: boolean, engine: string | undefined])[]) =>
  nodes.map(([hasKeeper, engine], place): FoundNode => ({
    host: `node-${place + 1}:8123`,
    hasKeeper,
    engine,
  }));
const decide = (replicas: number, nodes: readonly FoundNode[]) =>
  isReplicatedCluster({ cluster: 'web', database: 'spoor', replicas, nodes });

describe('a cluster is replicated', () => {
  test.each([
    ['with a Keeper, also with one replica a shard', 1, found([true, NO_CLICKS], [true, NO_CLICKS]), true],
    ['with a Keeper and replicas', 2, found([true, NO_CLICKS], [true, NO_CLICKS]), true],
    ['when its clicks are', 1, found([true, REPLICATED], [true, REPLICATED]), true],
    ['when they are on some nodes and new on others', 2, found([true, REPLICATED], [true, NO_CLICKS]), true],
    ['not without a Keeper', 1, found([false, NO_CLICKS], [false, NO_CLICKS]), false],
    [
      'not when its clicks are not, though it has a Keeper now',
      1,
      found([true, PLAIN], [true, PLAIN]),
      false,
    ],
    ['not when only some have been stored', 1, found([true, PLAIN], [true, NO_CLICKS]), false],
    ['not when some nodes have a Keeper now', 1, found([true, PLAIN], [false, PLAIN]), false],
  ])('%s', (_, replicas, nodes, isReplicated) => {
    expect(decide(replicas, nodes)).toBe(isReplicated);
  });
});

describe('a cluster is refused', () => {
  test.each([
    [
      'with replicas and no Keeper',
      2,
      found([false, NO_CLICKS], [false, NO_CLICKS]),
      'The cluster web has replicas, but its ClickHouse has no Keeper to replicate them, or does not let CLICKHOUSE_USER read system.zookeeper.',
    ],
    [
      'when replicas come to clicks that no Keeper knows',
      2,
      found([true, PLAIN], [true, NO_CLICKS]),
      'The cluster web has replicas, but the clicks of the database spoor were stored without a Keeper: copy them into another CLICKHOUSE_DATABASE.',
    ],
    [
      'of which only some nodes have a Keeper',
      1,
      found([true, NO_CLICKS], [false, NO_CLICKS]),
      'The cluster web uses a Keeper, but there is none for node-2:8123: configure all its nodes alike, and let CLICKHOUSE_USER read system.zookeeper there.',
    ],
    [
      'that has lost the Keeper of its clicks',
      1,
      found([false, REPLICATED], [false, REPLICATED]),
      'The cluster web uses a Keeper, but there is none for node-1:8123, node-2:8123: configure all its nodes alike, and let CLICKHOUSE_USER read system.zookeeper there.',
    ],
    [
      'of which some clicks are replicated and others not',
      1,
      found([true, REPLICATED], [true, PLAIN]),
      'The clicks of the database spoor are replicated on node-1:8123, but not on node-2:8123: copy them into another CLICKHOUSE_DATABASE.',
    ],
  ])('%s', (_, replicas, nodes, message) => {
    expect(() => decide(replicas, nodes)).toThrow(message);
  });
});
