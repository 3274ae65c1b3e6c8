/** A node's place in a cluster whose tables are derived here. */
export interface NodePlace {
  readonly shard: number;
  readonly replica: number;
}

export interface ShardingPlan {
  readonly cluster: string;
  readonly database: string;
  /** The shard of each slot. */
  readonly slots: readonly number[];
  /** A Keeper keeps each shard's clicks equal on its replicas, be it one or several, and the small tables on all nodes. */
  readonly isReplicated: boolean;
}

/** The table on each node that holds its shard of the clicks. */
export const LOCAL_CLICKS = 'clicks_local';

/**
 * What stands beside a shard's clicks, so that another cluster is known for one: over other shards, or the same in
 * another order, a visitor would come to live on two, and be counted twice.
 */
export function shardComment(shard: number, slots: readonly number[]): string {
  return `Shard ${shard}. Clicks are dealt to shards ${slots.join(', ')} by visitor.`;
}

/** What the Keeper calls a node. */
export function replicaName({ shard, replica }: NodePlace): string {
  return `shard ${shard} replica ${replica}`;
}

/** Whether a node has the tables that are not distributed, unless they are replicated. */
function isCoordinator({ shard, replica }: NodePlace): boolean {
  return shard === 1 && replica === 1;
}

/**
 * What a migration's statement, written for a single server, is on a node of a cluster. The clicks become a table on each
 * node and one over them; other tables are on one node, or with a Keeper on all of them. What has to be said once, of a
 * table that is replicated, is said to the first replica.
 */
export function shardedStatement(statement: string, node: NodePlace, plan: ShardingPlan): readonly string[] {
  const created = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1];
  if (created === 'clicks') return [localClicks(statement, node, plan), clicksOverShards(plan)];
  if (created !== undefined) {
    if (plan.isReplicated) return [replicated(statement, created, node, plan)];
    return isCoordinator(node) ? [statement] : [];
  }
  if (statement.startsWith('DROP TABLE') && plan.isReplicated) return [statement];
  if (!/^ALTER TABLE clicks\s/.test(statement)) return isCoordinator(node) ? [statement] : [];
  const isSaidHere = !plan.isReplicated || node.replica === 1;
  const local = isSaidHere ? [statement.replace('ALTER TABLE clicks', `ALTER TABLE ${LOCAL_CLICKS}`)] : [];
  // The table over the shards has columns and nothing else.
  return /\bCOLUMN\b/.test(statement) ? [...local, statement] : local;
}

/** The columns, or the index, that a statement adds to a table; an index keeps its keyword where a table is made. */
const ADDED = /^ALTER TABLE (\w+)\s+ADD (?:COLUMN IF NOT EXISTS ([^]+)|(INDEX) IF NOT EXISTS ([^]+))$/;
const NEXT_COLUMN = /,\s*ADD COLUMN IF NOT EXISTS /;

/** The way in which a column is packed, changed. */
const REPACKED = /^ALTER TABLE (\w+)\s+MODIFY COLUMN (\w+) (CODEC\(.*\))$/;

/** What changes rows is done with where a node is new: it copies them from another replica. */
const CHANGES_ROWS = /^(?:ALTER TABLE \w+\s+(?:UPDATE|MATERIALIZE)|INSERT)\b/;

/**
 * The statements of all migrations for a node that is new, whose tables are made with the columns and indexes that were added to
 * them since, and packed as they are now: a Keeper refuses a replica whose table is another than the others have.
 */
export function statementsOfNewNode(statements: readonly string[]): readonly string[] {
  const addedTo = (table: string): readonly string[] =>
    statements.flatMap((statement) => {
      const [, altered, columns, keyword, index] = ADDED.exec(statement) ?? [];
      if (altered !== table) return [];
      return columns?.split(NEXT_COLUMN) ?? [`${keyword} ${index}`];
    });
  return statements
    .filter((statement) => ![ADDED, REPACKED, CHANGES_ROWS].some((kind) => kind.test(statement)))
    .map((statement) => {
      const [, table = ''] = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement) ?? [];
      const added = addedTo(table).map((one) => `,\n    ${one}`);
      const whole = statement.replace(/\n\)\nENGINE/, () => `${added.join('')}\n)\nENGINE`);
      return repackedIn(statements, table).reduce(
        (made, [column, codec]) =>
          made.replace(new RegExp(`(?<=^ +${column} .*)CODEC\\(.*\\)(?=,?$)`, 'm'), codec),
        whole,
      );
    });
}

/** The columns of a table that have come to be packed in another way, in the order of the changes. */
function repackedIn(statements: readonly string[], table: string): readonly (readonly [string, string])[] {
  return statements.flatMap((statement) => {
    const [, altered, column = '', codec = ''] = REPACKED.exec(statement) ?? [];
    return altered === table ? [[column, codec] as const] : [];
  });
}

/**
 * The `ON CLUSTER` form of a statement that is the same on every node; undefined if it is not the same
 * that migrations are known to hold.
 */
export function onCluster(statement: string, { cluster, database }: ShardingPlan): string | undefined {
  const [begin, verb, name] =
    /^(CREATE DATABASE IF NOT EXISTS|CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)/.exec(statement) ?? [];
  if (begin === undefined) return undefined;
  // A table is named whole: the nodes may have been told of another database to look in.
  const whole = verb === 'CREATE DATABASE IF NOT EXISTS' ? name : `${database}.${name}`;
  return `${verb} ${whole} ON CLUSTER '${cluster}'${statement.slice(begin.length)}`;
}

function localClicks(statement: string, node: NodePlace, plan: ShardingPlan): string {
  const local = statement.replace(
    /^CREATE TABLE IF NOT EXISTS clicks/,
    `CREATE TABLE IF NOT EXISTS ${LOCAL_CLICKS}`,
  );
  const table = plan.isReplicated ? replicated(local, LOCAL_CLICKS, node, plan) : local;
  return `${table}\nCOMMENT '${shardComment(node.shard, plan.slots)}'`;
}

function clicksOverShards({ cluster, database }: ShardingPlan): string {
  return `CREATE TABLE IF NOT EXISTS clicks AS ${database}.${LOCAL_CLICKS}
ENGINE = Distributed('${cluster}', '${database}', '${LOCAL_CLICKS}', visitor)`;
}

/** The same table, kept equal on several nodes by a Keeper: a shard's clicks on its replicas, any other on all nodes. */
export function replicated(
  statement: string,
  table: string,
  { shard, replica }: NodePlace,
  { cluster, database }: ShardingPlan,
): string {
  const path = `/spoor/${cluster}/${database}/${table}${table === LOCAL_CLICKS ? `/${shard}` : ''}`;
  return statement
    .replace(/\bENGINE = (\w*MergeTree)(?:\(([^)]*)\))?/, (_, engine: string, parameters = '') => {
      const own = [
        `'${path}'`,
        `'${replicaName({ shard, replica })}'`,
        ...(parameters === '' ? [] : [parameters]),
      ];
      return `ENGINE = Replicated${engine}(${own.join(', ')})`;
    })
    .replace('non_replicated_deduplication_window', 'replicated_deduplication_window');
}
