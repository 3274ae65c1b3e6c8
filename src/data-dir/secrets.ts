import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirError, createDataDir, naming } from './data-dir.ts';
import { createFile, replaceFile } from './durable-file.ts';

/** Characters of a secret that Spoor makes: 256 bits as base64url. */
const WHOLE = 43;

/** The secrets of a data directory: how short one may be, and what to do about one that is shorter. */
const SECRETS = {
  'clickhouse-password': {
    shortest: WHOLE,
    remedy: 'remove the file, and the next start makes a new one',
  },
  // A restored backup may bring one that an operator chose.
  'visitor-secret': {
    shortest: 12,
    remedy:
      'put back the one that was in it, or remove the file to have a new one made, which takes every visitor for a new one',
  },
} as const;

export type SecretName = keyof typeof SECRETS;

/**
 * A secret kept in the data directory: made at the first call (256 bits, base64url, mode 0600), the same ever after,
 * also for processes that make their first call at the same time.
 * @throws DataDirError when the file holds less than a secret
 */
export function readOrCreateSecret(dataDir: string, name: SecretName): string {
  const file = join(dataDir, name);
  createDataDir(dataDir);
  if (!existsSync(file)) createFile(file, `${randomBytes(32).toString('base64url')}\n`);
  const secret = naming(file, () => readFileSync(file, 'utf8')).trim();
  const { shortest, remedy } = SECRETS[name];
  if (secret.length >= shortest) return secret;
  throw new DataDirError(
    `SPOOR_DATA_DIR: ${file} holds no whole secret (${secret.length} characters): ${remedy}.`,
  );
}

/**
 * Puts another visitor secret in the place of the one there is, if any: wholly or not at all.
 * @throws DataDirError when it is too short to be read again
 */
export function replaceVisitorSecret(dataDir: string, secret: string): void {
  const { shortest } = SECRETS['visitor-secret'];
  if (secret.length < shortest) {
    throw new DataDirError(
      `A visitor secret of fewer than ${shortest} characters is not kept in a data directory: set SPOOR_VISITOR_SECRET to the one that the backup was taken with.`,
    );
  }
  replaceFile(join(dataDir, 'visitor-secret'), `${secret}\n`);
}
