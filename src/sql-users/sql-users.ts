import { createHash, randomBytes } from 'node:crypto';
import { ClickHouseError } from '@clickhouse/client';
import { z } from 'zod';
import type { Database } from '../clickhouse/database.ts';
import type { ClickHouseServer } from '../config.ts';
import { param, sql } from '../sql/sql.ts';
import { type ClicksView, VIEW } from './clicks-view.ts';
import { exposureOf } from './exposure.ts';
import { creationsOf, removalOf } from './statements.ts';
import type { UserSetting } from './user-settings.ts';

/** An SQL user that cannot be created or found; the message is the one line shown to the operator. */
export class SqlUserError extends Error {}

/** A user of ClickHouse who sees the clicks of one owner. */
export interface SqlUser {
  /** What the operator calls it. */
  readonly name: string;
  /** The name of the user in ClickHouse, and of its database. */
  readonly user: string;
  readonly ownerId: string;
  readonly hasVisitors: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface NewSqlUser {
  readonly name: string;
  readonly view: ClicksView;
  readonly settings: readonly UserSetting[];
  readonly now: Date;
}

const commentSchema = z.object({ owner_id: z.string(), visitors: z.boolean(), created_at: z.string() });

const PASSWORD_BYTES = 24;

/** The SQL users of one Spoor. What is known of them is in ClickHouse alone: with the view, which each has in a database of its own. */
export class SqlUsers {
  readonly #server: ClickHouseServer;
  readonly #connection: Database;
  readonly #database: string;

  /**
   * @param connection to the server, with the rights to manage users
   * @param database where the clicks are
   */
  constructor(server: ClickHouseServer, connection: Database, database: string) {
    this.#server = server;
    this.#connection = connection;
    this.#database = database;
  }

  /**
   * Creates an SQL user, whole or not at all.
   * @returns the user with its password, of which ClickHouse keeps only the SHA-256
   * @throws SqlUserError when there is one of that name, when Spoor's own user lacks a right, or when the new one would see more than its view
   */
  async create({ name, view, settings, now }: NewSqlUser): Promise<SqlUser & { readonly password: string }> {
    const account = this.#accountOf(name);
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    const comment = {
      owner_id: view.ownerId,
      visitors: view.hasVisitors,
      created_at: now.toISOString(),
    } satisfies z.infer<typeof commentSchema>;
    const undo: string[] = [];
    try {
      for (const creation of creationsOf(this.#database, {
        account,
        passwordSha256: createHash('sha256').update(password).digest('hex'),
        view,
        settings,
        comment: JSON.stringify(comment),
      })) {
        await this.#connection.commandText(creation.statement);
        if (creation.undo !== undefined) undo.unshift(creation.undo);
      }
      const login = { url: this.#server.url, user: account, password };
      const exposure = await exposureOf(login, this.#database);
      if (exposure !== undefined) throw new SqlUserError(exposure);
    } catch (error) {
      for (const statement of undo) await this.#connection.commandText(statement).catch(() => {});
      throw refusalOf(error, name);
    }
    return { ...sqlUserOf(name, account, comment), password };
  }

  /** By name. */
  async list(): Promise<readonly SqlUser[]> {
    const prefix = this.#accountOf('');
    const rows = await this.#connection.rows<[string, string]>(sql`
      SELECT database, comment FROM system.tables
      WHERE startsWith(database, ${param('String', prefix)}) AND name = ${param('String', VIEW)} AND engine = 'View'
      ORDER BY database`);
    return rows.flatMap(([account, comment]) => {
      const known = parseComment(comment);
      return known === undefined ? [] : [sqlUserOf(account.slice(prefix.length), account, known)];
    });
  }

  /** Ends its access and removes its view. @throws SqlUserError when there is none of that name */
  async delete(name: string): Promise<void> {
    const found = (await this.list()).some((user) => user.name === name);
    if (!found) throw new SqlUserError(`There is no SQL user ${name}.`);
    try {
      for (const statement of removalOf(this.#accountOf(name))) await this.#connection.commandText(statement);
    } catch (error) {
      throw refusalOf(error, name);
    }
  }

  #accountOf(name: string): string {
    return `${this.#database}_sql_${name}`;
  }
}

type Comment = z.infer<typeof commentSchema>;

function sqlUserOf(name: string, user: string, { owner_id, visitors, created_at }: Comment): SqlUser {
  return { name, user, ownerId: owner_id, hasVisitors: visitors, createdAt: created_at };
}

/** What stands with a view of ours; undefined for another's. */
function parseComment(text: string): Comment | undefined {
  try {
    return commentSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function refusalOf(error: unknown, name: string): unknown {
  if (!(error instanceof ClickHouseError)) return error;
  const type = error.type ?? '';
  switch (type) {
    case 'ACCESS_DENIED': {
      const right = /have the grant (.+?)\.\s*(?:\(|$)/.exec(error.message)?.[1];
      return new SqlUserError(
        `CLICKHOUSE_USER must have the right ${right ?? 'to manage users'}: docs/bi.md lists all that are needed.`,
      );
    }
    case 'ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND':
    case 'ACCESS_STORAGE_READONLY':
      return new SqlUserError(
        'ClickHouse cannot store users: add a local_directory to user_directories in its configuration.',
      );
    case 'DATABASE_ALREADY_EXISTS':
    case 'ACCESS_ENTITY_ALREADY_EXISTS':
      return new SqlUserError(
        `There is an SQL user ${name} already: delete it, or choose another name with --name.`,
      );
    default:
      return new SqlUserError(`ClickHouse refused to manage the SQL user ${name} (${type}).`, {
        cause: error,
      });
  }
}
