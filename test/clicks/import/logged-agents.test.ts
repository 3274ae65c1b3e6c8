import { expect, test } from '@jest/globals';
import { enrichClick, enrichSteps } from '../../../src/clicks/enrich/enrich.ts';
import { UNKNOWN_PLACE } from '../../../src/clicks/enrich/place.ts';
import { parseUserAgent } from '../../../src/clicks/enrich/user-agent.ts';
import { parserOf } from '../../../src/clicks/import/reading.ts';
import { parseClick } from '../../../src/clicks/parse-click.ts';
import { readAgents } from '../../support/user-agents.ts';

const NOW = Date.UTC(2026, 0, 31);
const parseLine = parserOf({ format: 'combined', columns: [] });
const steps = enrichSteps({
  hasNetworks: false,
  hashVisitor: () => 0n,
  parseUserAgent,
  findPlace: () => UNKNOWN_PLACE,
});

/** What a click is stored with that its agent tells. */
function told(value: unknown): unknown {
  const parsed = parseClick(value, NOW);
  if (!parsed.ok) return parsed.rejection;
  const { browser, os, is_bot: isBot } = enrichClick(steps, parsed.click);
  return { browser, os, isBot };
}

/** As Apache logs it. */
function logged(agent: string): unknown {
  const text = agent.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const record = parseLine(
    `192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /code HTTP/1.1" 302 0 "-" "${text}"`,
  );
  return record.kind === 'click' ? told(record.value) : record;
}

test('a click is told alike from a log and from a request', () => {
  const agents = readAgents().filter((_, place) => place % 7 === 0);
  const odd = agents.filter(({ agent }) => {
    const sent = told({ short_code: 'code', user_agent: agent });
    return JSON.stringify(logged(agent)) !== JSON.stringify(sent);
  });
  expect(odd).toEqual([]);
});
