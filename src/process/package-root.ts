import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder, whether this runs from `src` or `dist`. */
export const PACKAGE_ROOT = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findPackageRoot(dirname(folder));
}

/** How a user types this program: an installed package has a command of its own, a checkout runs it through npm. */
export const COMMAND = existsSync(join(PACKAGE_ROOT, 'src')) ? 'npm run spoor --' : 'spoor';
