import type { Labels } from './sources.ts';
import { inOurNames } from './names.ts';
import { RULINGS } from './rulings.ts';

/** What an agent is, as far as the sources agree; undefined where they leave it open. */
export interface Truth {
  readonly browser: string | undefined;
  readonly os: string | undefined;
  readonly isBot: boolean;
}

/** Names that an app's or another browser's agent also has, since it claims to be like those: they count where no other does. */
const CLAIMED_BROWSERS = new Set([
  'Chrome',
  'Safari',
  'Firefox',
  'Internet Explorer',
  'Android Browser',
  'WebKit',
  'Mozilla',
]);
const CLAIMED_SYSTEMS = new Set(['Linux', 'Android', 'Windows', 'macOS', 'iOS']);

/** So many lists of programs make a bot of what no source calls one. */
const LISTS_FOR_A_BOT = 2;

/** How agents of browsers and telephones look. What else there is, such as a name alone, may be anything. */
const BROWSER_LIKE =
  /^(?:Mozilla|Opera)\/\d[^(]*\((?!compatible\))|\bProfile\/MIDP|^(?:JUC|UCWEB|SAMSUNG)\S* ?\(/;

/**
 * What an agent is by the labels of its sources and the votes of other projects' parsers; undefined where nobody says
 * whether it is a person's.
 */
export function truthOf(
  agent: string,
  labels: readonly Labels[],
  votes: readonly Labels[],
): Truth | undefined {
  const ruling = RULINGS.find(({ agents }) => agents.test(agent))?.is ?? {};
  const isBot = ruling.isBot ?? isBotByVotes(agent, labels, votes);
  if (isBot === undefined) return undefined;
  if (isBot) return { browser: undefined, os: undefined, isBot };
  const said = [...labels, ...votes].map(inOurNames);
  return {
    browser:
      ruling.browser ??
      elected(
        said.map(({ browser }) => browser),
        CLAIMED_BROWSERS,
      ),
    os:
      ruling.os ??
      elected(
        said.map(({ os }) => os),
        CLAIMED_SYSTEMS,
      ),
    isBot,
  };
}

function isBotByVotes(
  agent: string,
  labels: readonly Labels[],
  votes: readonly Labels[],
): boolean | undefined {
  if (labels.some((label) => label.isBot === true)) return true;
  const lists = votes.filter((vote) => vote.isBot === true).length;
  if (lists >= LISTS_FOR_A_BOT) return true;
  return lists === 0 && BROWSER_LIKE.test(agent) ? false : undefined;
}

/** The name with the most votes; undefined where two have as many. Without any name the family is unknown. */
function elected(names: readonly (string | undefined)[], claimed: ReadonlySet<string>): string | undefined {
  const known = names.filter((name): name is string => name !== undefined && name !== 'Unknown');
  const own = known.filter((name) => !claimed.has(name));
  const counts = new Map<string, number>();
  for (const name of own.length > 0 ? own : known) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [first, second] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (first === undefined) return 'Unknown';
  return first[1] === second?.[1] ? undefined : first[0];
}
