#!/usr/bin/env -S node --v8-pool-size=1 --no-allocation-site-pretenuring
// Why these flags: docs/decisions/v8-flags.md
import { refuseFewDescriptors } from './process/descriptors.ts';

let lost: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`spoor stats | head`) is no error.
  if (error.code === 'EPIPE') process.exit(0);
  lost = error;
});
process.on('exit', (code) => {
  if (lost === undefined || code !== 0) return;
  process.stderr.write(`spoor: standard output cannot be written: ${lost.code ?? lost.message}.\n`);
  process.exitCode = 1;
});

try {
  refuseFewDescriptors();
  // Loaded only now: with few descriptors Node fails to load it and says that a module is missing.
  const { runProgram } = await import('./cli/program.ts');
  process.exitCode = await runProgram();
} catch (error) {
  process.stderr.write(`spoor: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
