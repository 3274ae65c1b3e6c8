import type { KnownAgent } from './user-agents.ts';

/** What a parser says of an agent; undefined where it says nothing. */
export interface Told {
  readonly browser?: string | undefined;
  readonly os?: string | undefined;
  readonly isBot?: boolean | undefined;
}

/** Shares from 0 to 1: of people's agents with their right family, of programs called so, of people called programs. */
export interface Accuracy {
  readonly browser: number;
  readonly os: number;
  readonly botsFound: number;
  readonly peopleCalledBots: number;
}

/** Compares what a parser says of agents with what they are. A family that the list leaves open counts for nothing. */
export function accuracyOf(agents: readonly KnownAgent[], parse: (agent: string) => Told): Accuracy {
  const told = agents.map((known) => ({ known, said: parse(known.agent) }));
  const bots = told.filter(({ known }) => known.isBot);
  const people = told.filter(({ known }) => !known.isBot);
  const right = (kind: 'browser' | 'os'): number => {
    const judged = people.filter(({ known }) => known[kind] !== undefined);
    return share(judged, ({ known, said }) => (said[kind] ?? 'Unknown') === known[kind]);
  };
  return {
    browser: right('browser'),
    os: right('os'),
    botsFound: share(bots, ({ said }) => said.isBot === true),
    peopleCalledBots: share(people, ({ said }) => said.isBot === true),
  };
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.filter(holds).length / items.length;
}
