import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Command } from 'commander';
import { formatTable, printLine } from '../../src/cli/output.ts';
import { DEVICES, foldDevice } from '../../src/clicks/enrich/devices.ts';
import { type UserAgent, parseUserAgent } from '../../src/clicks/enrich/user-agent.ts';
import { readAgents } from '../../test/support/user-agents.ts';
import { inOurNames } from './names.ts';
import type { Labels } from './sources.ts';
import { VOTERS } from './voters.ts';

/** Parsers that tell versions, and kinds of devices. */
const JUDGES = ['uap-core', 'which-browser', 'ua-parser-js 1', 'bowser'] as const;

/** A detail of people's agents, and what a judge says of it; undefined where it speaks of another family. */
type Detail = 'browserVersion' | 'osVersion' | 'device';
const DETAILS: Readonly<Record<Detail, (labels: Labels, ours: UserAgent) => string | undefined>> = {
  browserVersion: (labels, ours) =>
    inOurNames(labels).browser === ours.browser ? labels.browserVersion : undefined,
  osVersion: (labels, ours) => (inOurNames(labels).os === ours.os ? labels.osVersion : undefined),
  device: ({ device }) => {
    const ours = device === undefined ? undefined : foldDevice(device);
    return DEVICES.find((known) => known === ours);
  },
};

const { packages, wrong } = new Command('details')
  .description(
    'How right Spoor is about versions, devices and names of programs, by the votes of other parsers.',
  )
  .requiredOption('--packages <folder>', 'a node_modules with the parsers of voters.ts')
  .option('--wrong', 'print each agent that is read otherwise')
  .parse()
  .opts<{ packages: string; wrong?: true }>();

const judges = JUDGES.map((name) => VOTERS[name]?.make(packages));
const people = readAgents().filter(({ isBot }) => !isBot);
const counts = new Map(Object.keys(DETAILS).map((name) => [name, { right: 0, judged: 0 }]));
for (const { agent } of people) {
  const ours = parseUserAgent(agent);
  const votes = judges.flatMap((judge) => judge?.(agent) ?? []);
  for (const [name, labelOf] of Object.entries(DETAILS) as [Detail, (typeof DETAILS)[Detail]][]) {
    const truth = elected(votes.map((labels) => labelOf(labels, ours)));
    if (truth !== undefined) count(name, ours[name] === truth, `${ours[name]}, not ${truth}: ${agent}`);
  }
}

/** Each pattern of this list stands for a program by its name. */
const programs: readonly { pattern: string; instances: readonly string[] }[] = createRequire(import.meta.url)(
  join(packages, 'crawler-user-agents/crawler-user-agents.json'),
);
counts.set('bot', { right: 0, judged: 0 });
for (const { pattern, instances } of programs) {
  for (const agent of instances) {
    const name = letters(parseUserAgent(agent).bot);
    const theirs = letters(new RegExp(pattern).exec(agent)?.[0] ?? pattern);
    const isSame = name.length > 2 && (theirs.includes(name) || name.includes(theirs));
    count('bot', isSame, `${name}, not ${theirs}: ${agent}`);
  }
}

printLine(
  formatTable(
    ['DETAIL', 'AGENTS', 'RIGHT %'],
    [...counts].map(([name, { right, judged }]) => [name, judged, ((100 * right) / judged).toFixed(2)]),
  ),
);

function count(name: string, isRight: boolean, otherwise: string): void {
  const counted = counts.get(name);
  if (counted === undefined) return;
  counted.judged++;
  if (isRight) counted.right++;
  else if (wrong === true) printLine(`${name}: ${otherwise}`);
}

/** What at least two say, and more than anything else. */
function elected(said: readonly (string | undefined)[]): string | undefined {
  const counted = new Map<string, number>();
  for (const one of said) if (one !== undefined && one !== '') counted.set(one, (counted.get(one) ?? 0) + 1);
  const [first, second] = [...counted].toSorted(([, a], [, b]) => b - a);
  return first === undefined || first[1] < 2 || first[1] === second?.[1] ? undefined : first[0];
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z\d]/g, '');
}
