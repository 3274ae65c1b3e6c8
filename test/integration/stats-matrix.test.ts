import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DIMENSION_NAMES, FILTER_NAMES } from '../../src/stats/registry/dimension-names.ts';
import { INTERVAL_NAMES } from '../../src/stats/registry/intervals.ts';
import { METRIC_NAMES } from '../../src/stats/registry/metrics.ts';
import { SEED } from '../support/random.ts';
import { COMPUTED, type KnownClick, type Question, expectedAnswer, valuesOf } from '../support/reference.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const START = Date.parse('2025-11-01T00:00-04:00');
const END = Date.parse('2025-11-03T23:59:59.999-05:00');
const MADE_OF: Readonly<Record<string, readonly string[]>> = {
  country: ['DE', 'US', 'FR'],
  referrer: ['https://a.example/x', 'https://b.example', 'http://a.example'],
  hosting: ['yes', 'no'],
  language: ['de', 'en', 'fr'],
  domain: ['a.example', 'b.example'],
};

/** What the clicks say of a dimension. */
function toldOf(name: string, index: number): string {
  const values = MADE_OF[name] ?? [`${name} 1`, `${name} 2`, `${name} 3`];
  return values[index % values.length] ?? '';
}

/** The dimensions that clicks carry themselves. */
const SENT = FILTER_NAMES.filter((name) => name !== 'tag' && !(name in COMPUTED));

const TAGGED = 'short_code 2';
const TAGS = ['one', 'two'];

let spoor: TestSpoor;
let clicks: readonly KnownClick[];

beforeAll(async () => {
  spoor = await startSpoor();
  const told = Array.from({ length: 60 }, (_, index) =>
    Object.fromEntries(SENT.map((name, place) => [name, toldOf(name, index >> (place % 3))])),
  );
  const sent = told.map((values, index) => ({
    ...values,
    click_id: String(index),
    clicked_at: START + Math.floor(((END - START) / 60) * index),
    ip: `192.0.2.${index % 17}`,
    user_agent: 'curl/8.5.0',
    redirect_ms: index * 10,
  }));
  const answer = await spoor.send('POST', '/api/v1/clicks', { json: sent });
  expect(answer.json).toEqual({ accepted: 60, rejected: [] });
  await spoor.send('PUT', `/api/v1/urls/${TAGGED}`, { json: { tags: TAGS } });
  clicks = sent.map((click, index) => ({
    ownerId: 'admin',
    clickedAt: click.clicked_at,
    visitor: click.ip,
    isBot: true,
    redirectMs: click.redirect_ms,
    tags: told[index]?.['short_code'] === TAGGED ? TAGS : [],
    values: told[index] ?? {},
  }));
});
afterAll(() => spoor.stop());

const TIME_ZONE = 'America/New_York';

/** Every dimension with some intervals and every interval with some dimensions, others in each run, beside metrics and filters in turn. */
const CASES = DIMENSION_NAMES.flatMap((dimension, row) =>
  INTERVAL_NAMES.flatMap((interval, column) => {
    if (dimension !== 'time' && (row + column + SEED) % 6 !== 0) return [];
    const place = row * INTERVAL_NAMES.length + column;
    const metric = METRIC_NAMES[place % METRIC_NAMES.length] ?? 'clicks';
    const filter = FILTER_NAMES[place % FILTER_NAMES.length] ?? 'browser';
    return [[dimension, interval, metric, filter] as const];
  }),
);

test.each(CASES)(
  `by %s and %s: %s, filtered by %s too (SPOOR_TEST_SEED=${SEED})`,
  async (dimension, interval, metric, filter) => {
    const compare = async (filters: Question['filters']): Promise<void> => {
      const question: Question = {
        subject: { scope: 'all', ownerId: 'admin' },
        start: START,
        end: END,
        timezone: TIME_ZONE,
        interval,
        groupBy: dimension === 'time' ? ['time'] : ['time', dimension],
        metrics: [metric],
        breakdown: dimension !== 'time',
        filters,
        bots: 'include',
        limit: 1_000,
        offset: 0,
        other: false,
        sort: undefined,
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
      expect(answer.summary.total_clicks).toBeGreaterThan(0);
    };
    const [some] = clicks.slice(7);
    await Promise.all(
      [{}, { [filter]: some === undefined ? [] : valuesOf(some, filter, TIME_ZONE) }].map(compare),
    );
  },
);
