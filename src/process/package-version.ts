import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT } from './package-root.ts';

const manifest = z.object({ version: z.string() });

/** The version in package.json. */
export function packageVersion(): string {
  return manifest.parse(JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'))).version;
}
