import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { newFolder } from './process.ts';

/** What DuckDB has read. */
export interface DuckTable {
  /** DuckDB's type of each column, in order. */
  readonly types: Readonly<Record<string, string>>;
  /** Each row's values by column, in order. Instants are Unix milliseconds, maps objects. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Has DuckDB read a file by one of its functions, such as `read_parquet`. */
export async function readWithDuckDB(
  bytes: Uint8Array,
  name: string,
  read: (path: string) => string,
): Promise<DuckTable> {
  const path = join(newFolder(), name);
  writeFileSync(path, bytes);
  const source = read(`'${path}'`);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
    const types = described.getRowsJson().map(([column, type]) => [nameIn(column), nameIn(type)] as const);
    // Texts as bytes: the client takes a byte order mark away from a text.
    const columns = types.map(([column, type]) =>
      READERS[kindOf(type)].select(`"${column.replaceAll('"', '""')}"`),
    );
    const reader = await connection.runAndReadAll(`SELECT ${columns.join(', ')} FROM ${source}`);
    return {
      types: Object.fromEntries(types),
      rows: reader.getRowsJS().map((row) =>
        Object.fromEntries(
          types.map(([column, type], place) => {
            const value = row[place] ?? null;
            return [column, value === null ? null : READERS[kindOf(type)].read(value)];
          }),
        ),
      ),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function nameIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('DuckDB describes columns by texts.');
  return value;
}

const textOf = (bytes: any): string => Buffer.from(bytes).toString('utf8');

const READERS = {
  text: { select: (column: string) => `encode(${column})`, read: textOf },
  map: {
    select: (column: string) => `encode(CAST(to_json(${column}) AS VARCHAR))`,
    read: (bytes: unknown): unknown => JSON.parse(textOf(bytes)),
  },
  instant: { select: (column: string) => `epoch_ms(${column})`, read: Number },
  boolean: { select: (column: string) => column, read: Boolean },
  number: { select: (column: string) => column, read: Number },
} as const;

function kindOf(type: string): keyof typeof READERS {
  if (type === 'VARCHAR') return 'text';
  if (type.startsWith('MAP') || type.endsWith('[]')) return 'map';
  if (type.startsWith('TIMESTAMP')) return 'instant';
  return type === 'BOOLEAN' ? 'boolean' : 'number';
}
