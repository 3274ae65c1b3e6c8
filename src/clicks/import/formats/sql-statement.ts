const NAME = '(`[^`]*`|[\\w$]+)';
const CREATE = new RegExp(
  `^\\s*CREATE\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?(?:${NAME}\\.)?${NAME}\\s*\\((.*)`,
  'is',
);
const INSERT = new RegExp(
  `^\\s*(?:INSERT|REPLACE)\\s+(?:[A-Z]+\\s+)*?INTO\\s+(?:${NAME}\\.)?${NAME}\\s*(?:\\(([^)]*)\\)\\s*)?VALUES?\\s*$`,
  'is',
);
/** What a definition in a table begins with that is of no column. */
const NO_COLUMN = /^(?:PRIMARY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|FOREIGN|CHECK)\b/i;

/** The table that a statement creates, and its columns in their order; undefined for another statement. */
export function parseCreate(
  statement: string,
): { readonly table: string; readonly columns: readonly string[] } | undefined {
  const [, , table = '', definitions = ''] = CREATE.exec(statement) ?? [];
  return table === '' ? undefined : { table: unquoted(table), columns: columnsIn(definitions) };
}

/**
 * The table into which a statement that ends before its rows inserts them, and their columns where it names those; undefined for
 * another statement.
 */
export function parseInsert(
  statement: string,
): { readonly table: string; readonly columns?: readonly string[] } | undefined {
  const [, , table = '', names] = INSERT.exec(statement) ?? [];
  if (table === '') return undefined;
  const columns = names?.split(',').map((name) => unquoted(name.trim()));
  return { table: unquoted(table), ...(columns && { columns }) };
}

function unquoted(name: string): string {
  return name.replaceAll('`', '');
}

/** The columns among the definitions of a table, which commas outside of brackets separate. */
function columnsIn(definitions: string): readonly string[] {
  return definitions
    .replace(/\([^()]*\)/g, '')
    .split(',')
    .map((definition) => definition.trim())
    .filter((definition) => !NO_COLUMN.test(definition))
    .flatMap((definition) => /^(?:`([^`]*)`|([\w$]+))/.exec(definition)?.slice(1).find(Boolean) ?? []);
}
