import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { INPUT_NAMES } from '../../src/clicks/fields.ts';
import { DIMENSIONS, DIMENSION_NAMES, FILTER_NAMES } from '../../src/stats/registry/dimensions.ts';
import { INTERVAL_NAMES } from '../../src/stats/registry/intervals.ts';
import { METRIC_NAMES } from '../../src/stats/registry/metrics.ts';
import { join, sql } from '../../src/sql/sql.ts';
import { type KnownClick, type Question, expectedAnswer } from '../support/reference.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const START = Date.parse('2025-11-01T00:00-04:00');
const END = Date.parse('2025-11-03T23:59:59.999-05:00');
const MADE_OF: Readonly<Record<string, readonly string[]>> = {
  country: ['DE', 'US', 'FR'],
  referrer: ['https://a.example/x', 'https://b.example', 'http://a.example'],
};

/** What the clicks say of a dimension. */
function toldOf(name: string, index: number): string {
  const values = MADE_OF[name] ?? [`${name} 1`, `${name} 2`, `${name} 3`];
  return values[index % values.length] ?? '';
}

/** What is sent is expected, whatever the table says; only what is worked out of other columns is read from there. */
function isSent(name: string): boolean {
  return INPUT_NAMES.some((known) => known === name);
}

let spoor: TestSpoor;
let clicks: readonly KnownClick[];

beforeAll(async () => {
  spoor = await startSpoor();
  const sent = Array.from({ length: 60 }, (_, index) => ({
    ...Object.fromEntries(FILTER_NAMES.map((name, place) => [name, toldOf(name, index >> (place % 3))])),
    click_id: String(index),
    clicked_at: START + Math.floor(((END - START) / 60) * index),
    ip: `192.0.2.${index % 17}`,
    user_agent: 'curl/8.5.0',
    redirect_ms: index * 10,
  }));
  const answer = await spoor.send('POST', '/api/v1/clicks', { json: sent });
  expect(answer.json).toEqual({ accepted: 60, rejected: [] });
  const columns = FILTER_NAMES.map((name) => DIMENSIONS[name].column);
  const stored = await spoor.database.rows<readonly string[]>(
    sql`SELECT click_id, ${join(columns, ', ')} FROM clicks ORDER BY toUInt32(click_id)`,
  );
  clicks = sent.map((click, index) => ({
    ownerId: 'admin',
    clickedAt: click.clicked_at,
    visitor: click.ip,
    isBot: true,
    redirectMs: click.redirect_ms,
    values: Object.fromEntries(
      FILTER_NAMES.map((name, place) => [
        name,
        isSent(name) ? toldOf(name, index >> (place % 3)) : (stored[index]?.[place + 1] ?? ''),
      ]),
    ),
  }));
});
afterAll(() => spoor.stop());

describe.each(DIMENSION_NAMES)('by %s', (dimension) => {
  const cases = INTERVAL_NAMES.flatMap((interval) =>
    METRIC_NAMES.map((metric) => [interval, metric] as const),
  );
  test.each(cases)('and %s: %s under every filter', async (interval, metric) => {
    const compare = async (filter: (typeof FILTER_NAMES)[number] | undefined): Promise<void> => {
      const wanted = filter === undefined ? undefined : clicks[7]?.values[filter];
      const question: Question = {
        subject: { scope: 'all', ownerId: 'admin' },
        start: START,
        end: END,
        timezone: 'America/New_York',
        interval,
        groupBy: dimension === 'time' ? ['time'] : ['time', dimension],
        metrics: [metric],
        breakdown: dimension !== 'time',
        filters: filter === undefined || wanted === undefined ? {} : { [filter]: [wanted] },
        bots: 'include',
        limit: 1_000,
      };
      const { status, json } = await spoor.send('GET', '/api/v1/stats', {
        query: {
          start_date: String(START),
          end_date: String(END),
          timezone: question.timezone,
          interval,
          metrics: metric,
          group_by: question.groupBy.join(','),
          filters: JSON.stringify(question.filters),
        },
      });
      expect(status).toBe(200);
      const { generated_at: _, ...answer } = json;
      expect(answer).toEqual(expectedAnswer(question, clicks));
      const some = filter === undefined || question.filters[filter] !== undefined;
      expect([filter, some, answer.summary.total_clicks > 0]).toEqual([filter, true, true]);
    };
    await Promise.all([undefined, ...FILTER_NAMES].map(compare));
  });
});
