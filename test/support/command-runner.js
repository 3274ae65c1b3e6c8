import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runProgram } from '../../dist/cli/program.js';

const replace = (name, value) => Object.defineProperty(process, name, { value, configurable: true });

/** Runs one command after the other as the program would, without loading it anew for each. */
async function run({ args, settings, input }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, settings);
  replace('argv', [process.execPath, 'spoor', ...args]);
  replace('stdin', Readable.from([Buffer.from(input, 'base64')]));
  const outputs = [new PassThrough(), new PassThrough()];
  replace('stdout', outputs[0]);
  replace('stderr', outputs[1]);
  const written = outputs.map((output) => text(output));
  const code = await runProgram();
  // What a server that did not start would have listened for.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  for (const output of outputs) output.end();
  const [stdout, stderr] = await Promise.all(written);
  process.send({ code, signal: null, stdout, stderr });
}

process.on('message', (command) => void run(command));
process.on('disconnect', () => process.exit());
