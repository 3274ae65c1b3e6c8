import { type Command, InvalidArgumentError } from 'commander';
import { type Config, readConfig } from '../config.ts';
import type { NewSqlUser, SqlUsers } from '../sql-users/sql-users.ts';
import { CommandError } from './command-error.ts';
import { formatTable, note, noteWait, printJson, printLine } from './output.ts';
import { notEmpty } from './option-values.ts';
import { START_WAIT_MS } from './serve-command.ts';

interface JsonOptions {
  readonly json?: boolean;
}

interface CreateOptions extends JsonOptions {
  readonly owner: string;
  readonly name?: string;
  readonly visitors?: boolean;
}

const NAME = /^[a-z0-9_]{1,32}$/;

const CREATE_HELP = `
The user sees the view "clicks" in a database of its own, which has the owner's clicks as they are now, and nothing else. Its
queries are read-only and have limits of time, memory and number. docs/bi.md says what ClickHouse must allow, and how to connect
Grafana, Metabase and Superset.

With SPOOR_RETENTION_DAYS, clicks older than that are left out.

Example:
  CLICKHOUSE_URL=http://clickhouse:8123 SPOOR_VISITOR_SECRET=… spoor sql-user create --owner me`;

export function sqlUserCommand(program: Command): void {
  const users = program
    .command('sql-user')
    .description("Create, list and delete users of ClickHouse who can query one owner's clicks in SQL.");

  users
    .command('create')
    .description('Create a user. Its password is shown only once.')
    .requiredOption('--owner <id>', 'whose clicks the user sees', notEmpty)
    .option(
      '--name <name>',
      'what to call it: lower-case letters, digits and _ (default: the owner)',
      parseName,
    )
    .option('--visitors', 'the view has a column visitor, to count unique visitors by')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', CREATE_HELP)
    .action(async ({ owner, name = owner, visitors = false, json }: CreateOptions) => {
      if (!NAME.test(name)) {
        throw new CommandError(
          '--name is needed: the owner has more than lower-case letters, digits and _, 32 at most.',
          { exitCode: 2 },
        );
      }
      const created = await withSqlUsers((sqlUsers, settings, { retentionDays }) =>
        sqlUsers.create({
          name,
          view: { ownerId: owner, hasVisitors: visitors, retentionDays },
          settings,
          now: new Date(),
        }),
      );
      const { user, password, ownerId, createdAt } = created;
      if (json) {
        return printJson({
          name,
          user,
          password,
          database: user,
          table: 'clicks',
          owner_id: ownerId,
          visitors,
          created_at: createdAt,
        });
      }
      printLine(formatTable(['USER', 'PASSWORD', 'DATABASE', 'TABLE'], [[user, password, user, 'clicks']]));
      note('The password is not shown again.');
    });

  users
    .command('list')
    .description('List all SQL users.')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor sql-user list')
    .action(async ({ json }: JsonOptions) => {
      const items = await withSqlUsers((sqlUsers) => sqlUsers.list());
      if (json) {
        return printJson({
          items: items.map(({ name, user, ownerId, hasVisitors, createdAt }) => ({
            name,
            user,
            database: user,
            owner_id: ownerId,
            visitors: hasVisitors,
            created_at: createdAt,
          })),
        });
      }
      if (items.length === 0) return printLine('There are no SQL users.');
      printLine(
        formatTable(
          ['NAME', 'USER', 'OWNER', 'VISITORS', 'CREATED'],
          items.map(({ name, user, ownerId, hasVisitors, createdAt }) => [
            name,
            user,
            ownerId,
            hasVisitors ? 'yes' : 'no',
            createdAt,
          ]),
        ),
      );
    });

  users
    .command('delete')
    .description('Delete a user and its view.')
    .argument('<name>', 'as shown by `sql-user list`', parseName)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  spoor sql-user delete me')
    .action(async (name: string, { json }: JsonOptions) => {
      await withSqlUsers((sqlUsers) => sqlUsers.delete(name));
      if (json) printJson({ deleted: name });
      else printLine(`Deleted ${name}.`);
    });
}

/** Runs `work` on the ClickHouse server that the settings name. @throws CommandError where there is none that can have users */
async function withSqlUsers<T>(
  work: (sqlUsers: SqlUsers, settings: NewSqlUser['settings'], config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  if (config.clickhouse === undefined) {
    throw new CommandError(
      'SQL users need a ClickHouse server of your own (CLICKHOUSE_URL): the embedded one has no user but Spoor.',
    );
  }
  if (config.cluster !== undefined) {
    throw new CommandError(
      'SQL users are not possible with CLICKHOUSE_CLUSTER: only a single server keeps the clicks of other owners from them.',
    );
  }
  const [
    { openClickHouse },
    { openWorkloads },
    { queryLimits },
    { memoryOf },
    { SqlUsers },
    { userSettings },
  ] = await Promise.all([
    import('../clickhouse/open.ts'),
    import('../clickhouse/open-workloads.ts'),
    import('../clickhouse/workloads.ts'),
    import('../clickhouse/server-connection.ts'),
    import('../sql-users/sql-users.ts'),
    import('../sql-users/user-settings.ts'),
  ]);
  const opened = await openClickHouse(config, { waitForDataDirMs: START_WAIT_MS, onWait: noteWait });
  try {
    const limits = queryLimits(config);
    const memory = await memoryOf(opened.server);
    const { strangers = {} } = await openWorkloads(opened.server, { memory, limits, isEmbedded: false });
    return await work(
      new SqlUsers(config.clickhouse, opened.server, config.database),
      userSettings(strangers, limits.expensiveQueries),
      config,
    );
  } finally {
    await opened.close();
  }
}

function parseName(text: string): string {
  if (NAME.test(text)) return text;
  throw new InvalidArgumentError('It must be up to 32 lower-case letters, digits and _.');
}
