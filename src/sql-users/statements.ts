import { inlined } from '../sql/inline.ts';
import { param, sql } from '../sql/sql.ts';
import { type ClicksView, VIEW, viewQuery } from './clicks-view.ts';
import type { UserSetting } from './user-settings.ts';

/** Something that is created in ClickHouse, and the statement that takes it back. */
export interface Creation {
  readonly statement: string;
  readonly undo?: string;
}

export interface NewAccount {
  /** The name that its user, its database and its quota have. */
  readonly account: string;
  readonly passwordSha256: string;
  readonly view: ClicksView;
  readonly settings: readonly UserSetting[];
  /** Is kept with the view. */
  readonly comment: string;
}

/** In an hour: seconds that its queries run, all of them together. */
const QUOTA = 'FOR INTERVAL 1 hour MAX queries = 10000, execution_time = 14400';

/** What is created for an SQL user, in order; names are plain ones. */
export function creationsOf(
  database: string,
  { account, passwordSha256, view, settings, comment }: NewAccount,
): readonly Creation[] {
  return [
    { statement: `CREATE DATABASE ${account}`, undo: dropDatabase(account) },
    {
      statement: `CREATE VIEW ${account}.${VIEW} DEFINER = CURRENT_USER SQL SECURITY DEFINER AS ${viewQuery(database, view)} COMMENT ${literal(comment)}`,
    },
    {
      statement: `CREATE USER ${account} IDENTIFIED WITH sha256_hash BY ${literal(passwordSha256)} DEFAULT DATABASE ${account} SETTINGS ${settings.map(settingText).join(', ')}`,
      undo: dropUser(account),
    },
    { statement: `GRANT SELECT ON ${account}.${VIEW} TO ${account}` },
    {
      statement: `CREATE QUOTA ${account} NOT KEYED ${QUOTA} TO ${account}`,
      undo: dropQuota(account),
    },
  ];
}

/** The statements that remove an SQL user and all that was created for it, its access first. */
export function removalOf(account: string): readonly string[] {
  return [dropUser(account), dropQuota(account), dropDatabase(account)];
}

function settingText({ name, value, min, max, isChangeable }: UserSetting): string {
  return [
    name,
    ...(value === undefined ? [] : [`= ${literal(value)}`]),
    ...(min === undefined ? [] : [`MIN ${min}`]),
    ...(max === undefined ? [] : [`MAX ${max}`]),
    ...(isChangeable ? ['CHANGEABLE_IN_READONLY'] : []),
  ].join(' ');
}

function dropDatabase(account: string): string {
  return `DROP DATABASE IF EXISTS ${account} SYNC`;
}

function dropUser(account: string): string {
  return `DROP USER IF EXISTS ${account}`;
}

function dropQuota(account: string): string {
  return `DROP QUOTA IF EXISTS ${account}`;
}

function literal(value: string | number): string {
  return inlined(sql`${param(typeof value === 'number' ? 'UInt64' : 'String', value)}`);
}
