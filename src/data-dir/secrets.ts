import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirError, createDataDir, naming } from './data-dir.ts';
import { createFile, replaceFile } from './durable-file.ts';

/** Length of a generated secret: 256 bits as base64url. */
const GENERATED_LENGTH = 43;

/** The secrets in a data directory: their minimum length, and what to do about a shorter one. */
const SECRETS = {
  'clickhouse-password': {
    minLength: GENERATED_LENGTH,
    remedy: 'remove the file, and the next start generates a new one',
  },
  // A restored backup may contain one that an operator chose.
  'visitor-secret': {
    minLength: 12,
    remedy:
      'restore the original file, or remove the file to generate a new secret, with which every visitor counts as new',
  },
} as const;

export type SecretName = keyof typeof SECRETS;

/**
 * Reads a secret from the data directory, generating it at the first call (256 bits, base64url, mode 0600). Processes that
 * call it at the same time get the same secret.
 * @throws DataDirError when the file's secret is too short
 */
export function readOrCreateSecret(dataDir: string, name: SecretName): string {
  const file = join(dataDir, name);
  createDataDir(dataDir);
  if (!existsSync(file)) createFile(file, `${randomBytes(32).toString('base64url')}\n`);
  const secret = naming(file, () => readFileSync(file, 'utf8')).trim();
  const { minLength, remedy } = SECRETS[name];
  if (secret.length >= minLength) return secret;
  throw new DataDirError(
    `SPOOR_DATA_DIR: ${file} contains no complete secret (${secret.length} characters): ${remedy}.`,
  );
}

/**
 * Replaces the visitor secret atomically.
 * @throws DataDirError when it is too short
 */
export function replaceVisitorSecret(dataDir: string, secret: string): void {
  const { minLength } = SECRETS['visitor-secret'];
  if (secret.length < minLength) {
    throw new DataDirError(
      `The backup's visitor secret has fewer than ${minLength} characters and cannot be stored in the data directory: set SPOOR_VISITOR_SECRET to it.`,
    );
  }
  replaceFile(join(dataDir, 'visitor-secret'), `${secret}\n`);
}
