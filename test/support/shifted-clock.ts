import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { newFolder } from './process.ts';

/**
 * The environment of a program whose clock is so far ahead (behind, if negative) of this machine's. The time that passes
 * is told right, as after somebody has set the clock.
 */
export function shiftedClock(ms: number): Readonly<Record<string, string>> {
  const file = join(newFolder(), 'shifted-clock.mjs');
  writeFileSync(
    file,
    `const Real = Date;
globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + ${ms});
    else super(...given);
  }
  static now() {
    return Real.now() + ${ms};
  }
};
`,
  );
  return { NODE_OPTIONS: `--import ${pathToFileURL(file).href}` };
}
