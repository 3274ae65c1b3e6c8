import { rmSync } from 'node:fs';
import { shared } from './shared-clickhouse.ts';

export default async function stopClickHouse(): Promise<void> {
  await shared.stop?.();
  if (shared.folder !== undefined) rmSync(shared.folder, { recursive: true, force: true });
}
