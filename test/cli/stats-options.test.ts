import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import { exportCommand } from '../../src/cli/export-command.ts';
import { statsCommand } from '../../src/cli/stats-command.ts';
import { statsOptions, statsParameters as parametersFor } from '../../src/cli/stats-options.ts';
import { EXPLAIN } from '../../src/http/api/explain-parameter.ts';
import { exportParameters, statsParameters } from '../../src/http/api/stats-parameters.ts';
import { withoutObjects } from '../../src/http/route/declared-parameters.ts';

/** The parameters that a command line asks the API with. */
function asked(...words: readonly string[]) {
  const command = statsOptions(new Command('stats').exitOverride(), words);
  command.configureOutput({ writeErr: () => {} });
  return parametersFor(command.parse(words, { from: 'user' }).opts());
}

/** Parameters that a command says by an option of another name, or by what it is. */
const OTHERWISE: Readonly<Record<string, string | undefined>> = {
  scope: undefined,
  owner_id: '--owner',
  short_code: '--short-code',
};

const names = (parameters: ReturnType<typeof statsParameters>) =>
  parameters.flatMap(withoutObjects).map(({ name }) => name);

test('every parameter of statistics and exports is an option of the commands', () => {
  for (const [add, parameters] of [
    [statsCommand, [...statsParameters(), EXPLAIN]],
    [exportCommand, exportParameters()],
  ] as const) {
    const flags = names(parameters).flatMap((name) =>
      name in OTHERWISE ? (OTHERWISE[name] ?? []) : `--${name.replaceAll('_', '-')}`,
    );
    const program = new Command();
    const { argv } = process;
    process.argv = [...argv, ...flags];
    try {
      add(program);
    } finally {
      process.argv = argv;
    }
    const known = program.commands.flatMap(({ options }) => options.map(({ long }) => long));
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
  }
});

test('each stands for the API parameter of its name', () => {
  const values: Readonly<Record<string, string>> = { compare: 'previous', match: 'weekday' };
  const own = names(statsParameters()).filter((name) => !(name in OTHERWISE));
  for (const name of own) {
    const value = values[name] ?? 'x,y';
    const { scope, owner_id, ...others } = asked(`--${name.replaceAll('_', '-')}`, value);
    const sent = Object.entries(others).filter(([, text]) => text !== undefined);
    expect(sent.map(([key, text]) => [key, [text].flat()])).toEqual([[name, [value]]]);
    expect([scope, owner_id]).toEqual(['all', '*']);
  }
});

test.each([
  [['--property.plan', 'pro'], { 'property.plan': ['pro'] }],
  [['--property.plan=pro'], { 'property.plan': ['pro'] }],
  [['--property.plan.is_not', 'x', '--property.plan.is-not', 'y'], { 'property.plan.is_not': ['x', 'y'] }],
  [['--property.my, plan-a', 'x'], { 'property.my, plan-a': ['x'] }],
  [['--property.a', '1', '--property.b', '2'], { 'property.a': ['1'], 'property.b': ['2'] }],
  [['--utm_source.starts_with', 'x'], { 'utm_source.starts_with': ['x'] }],
  [['--browser', 'Chrome', '--browser.is-not', 'x'], { browser: 'Chrome', 'browser.is_not': ['x'] }],
])('%j', (words, parameters) => {
  expect(asked(...words)).toMatchObject(parameters);
});

test.each(['--browser.isnt', '--colour.is_not', '--property.', '--property'])('%s is no option', (flag) => {
  expect(() => asked(flag, 'x')).toThrow(/unknown option/);
});
