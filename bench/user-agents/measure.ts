import { Command } from 'commander';
import { formatTable, printLine } from '../../src/cli/output.ts';
import { parseUserAgent } from '../../src/clicks/enrich/user-agent.ts';
import { type Told, accuracyOf } from '../../test/support/agent-accuracy.ts';
import { readAgents } from '../../test/support/user-agents.ts';
import { inOurNames } from './names.ts';
import { VOTERS } from './voters.ts';

/** Each agent is new to a parser, as in a log's first import; the first time warms up. */
const ROUNDS = 3;

const { packages, source } = new Command('measure')
  .description('How right Spoor is about the user agents of the kept list, and how fast.')
  .option('--packages <folder>', 'a node_modules with the parsers of voters.ts, to measure them, too')
  .option('--source <name>', 'only the agents of one source')
  .parse()
  .opts<{ packages?: string; source?: string }>();

const agents = readAgents().filter((agent) => source === undefined || agent.source === source);
const parsers: Record<string, (agent: string) => Told> = { Spoor: parseUserAgent };
if (packages !== undefined) {
  for (const [name, { make }] of Object.entries(VOTERS)) {
    const vote = make(packages);
    parsers[name] = (agent) => inOurNames(vote(agent));
  }
}
const percent = (part: number): string => (100 * part).toFixed(2);
printLine(
  formatTable(
    ['PARSER', 'BROWSER %', 'SYSTEM %', 'BOTS FOUND %', 'PEOPLE CALLED BOTS %', 'MICROSECONDS'],
    Object.entries(parsers).map(([name, parse]) => {
      const { browser, os, botsFound, peopleCalledBots } = accuracyOf(agents, parse);
      const shares = [browser, os, botsFound, peopleCalledBots].map(percent);
      return [name, ...shares, microseconds(parse).toFixed(1)];
    }),
  ),
);

/** Processor time for one agent, the fastest round's mean. */
function microseconds(parse: (agent: string) => Told): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    for (const { agent } of agents) parse(agent);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / agents.length;
  });
  return Math.min(...rounds);
}
