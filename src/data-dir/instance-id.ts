import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDataDir, naming } from './data-dir.ts';
import { createFile } from './durable-file.ts';

/** What tells a data directory from others that share a ClickHouse; made at the first call. @throws Error of the file system */
export function readOrCreateInstanceId(dataDir: string): string {
  createDataDir(dataDir);
  const file = join(dataDir, 'instance-id');
  createFile(file, `${randomBytes(8).toString('hex')}\n`);
  return naming(file, () => readFileSync(file, 'utf8')).trim();
}
