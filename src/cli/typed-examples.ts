import { COMMAND } from '../process/package-root.ts';

/** `spoor` where a shell takes it for a command: at the start of an example, after variables, or after a pipe. */
const EXAMPLE_COMMAND = /^( {2}(?:[A-Z_]+=\S+ )*|.* \| )spoor (?=[a-z])/;

/**
 * Help whose examples can be typed as they stand. The texts say `spoor …`; in a checkout that is `npm run spoor -- …`.
 * @param help of a command, its examples indented by two blanks after a line `Example:` or `Examples:`
 * @param command how this program is typed
 */
export function typedExamples(help: string, command: string = COMMAND): string {
  let isExample = false;
  const lines = help.split('\n').map((line) => {
    if (/^Examples?:$/.test(line)) isExample = true;
    return isExample ? line.replace(EXAMPLE_COMMAND, (_, before: string) => `${before}${command} `) : line;
  });
  return lines.join('\n');
}
