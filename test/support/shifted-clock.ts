import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { newFolder } from './process.ts';

/**
 * The environment of a program whose clock is so far ahead (behind, if negative) of this machine's. The time that passes
 * is told right, as after somebody has set the clock.
 */
export function shiftedClock(ms: number): Readonly<Record<string, string>> {
  return clock(`Real.now() + ${ms}`);
}

/** The same of a clock that has run so many times as fast as this machine's since now. Timers are as they are. */
export function fastClock(times: number): Readonly<Record<string, string>> {
  const since = Date.now();
  return clock(`${since} + (Real.now() - ${since}) * ${times}`);
}

function clock(now: string): Readonly<Record<string, string>> {
  const file = join(newFolder(), 'shifted-clock.mjs');
  writeFileSync(
    file,
    `const Real = Date;
globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(Date.now());
    else super(...given);
  }
  static now() {
    return ${now};
  }
};
`,
  );
  return { NODE_OPTIONS: `--import ${pathToFileURL(file).href}` };
}
