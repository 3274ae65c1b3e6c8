import { expect, test } from '@jest/globals';
import { parseUserAgent } from '../../../src/clicks/enrich/user-agent.ts';
import { accuracyOf } from '../../support/agent-accuracy.ts';
import { readAgents } from '../../support/user-agents.ts';

const AGENTS = readAgents();

test('the list has 30,000 agents, each once, of people and programs', () => {
  expect(new Set(AGENTS.map(({ agent }) => agent)).size).toBe(30_000);
  expect(AGENTS.filter(({ isBot }) => isBot).length).toBeGreaterThan(2_000);
});

test('families and bots are right about the agents of the list', () => {
  const { browser, os, botsFound, peopleCalledBots } = accuracyOf(AGENTS, parseUserAgent);
  expect(browser).toBeGreaterThan(0.99);
  expect(os).toBeGreaterThan(0.99);
  expect(botsFound).toBeGreaterThan(0.995);
  expect(peopleCalledBots).toBeLessThan(0.001);
});

test('what a parser gets wrong counts, and what the list leaves open does not', () => {
  const known = { source: 'a', isBot: false };
  const agents = [
    { ...known, agent: 'right', browser: 'Chrome', os: 'Linux' },
    { ...known, agent: 'wrong', browser: 'Chrome', os: 'Linux' },
    { ...known, agent: 'open', browser: undefined, os: undefined },
    { ...known, agent: 'right', browser: undefined, os: undefined, isBot: true },
    { ...known, agent: 'wrong', browser: undefined, os: undefined, isBot: true },
  ];
  const right = { browser: 'Chrome', os: 'Linux', isBot: true };
  expect(accuracyOf(agents, (agent) => (agent === 'right' ? right : {}))).toEqual({
    browser: 0.5,
    os: 0.5,
    botsFound: 0.5,
    peopleCalledBots: 1 / 3,
  });
});
