import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROUTES } from '../support/outside.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/* Whatever JSON a client sends to a route that takes some, it is refused in a few words, or taken for what it says. */

const BODIES_EACH = 24;
const AT_ONCE = 8;

/** An error names a value, and does not repeat all of it. */
const MAX_ERROR_BYTES = 4_096;
const MAX_RESPONSE_BYTES = 262_144;

const deep = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** JSON texts, of which some no `JSON.stringify` writes, and some are none. */
const HOSTILE: readonly string[] = [
  'null',
  'true',
  '0',
  '-0',
  '-1',
  '0.1e-400',
  '1e308',
  '-1e308',
  '1e309',
  '9007199254740993',
  '9'.repeat(5_000),
  '""',
  '" "',
  '"\\ud800"',
  '"\\udc00x"',
  '"\\u0000"',
  '"\\u202e"',
  '"__proto__"',
  '"constructor"',
  `"${'x'.repeat(20_000)}"`,
  `"${'\\u0041'.repeat(2_000)}"`,
  '"9e999"',
  '"\'; DROP"',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '[{}]',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"a":1,"a":2}',
  '{"then":1,"toString":null,"valueOf":{}}',
  '{"length":1e9,"0":"a"}',
  '{"":""}',
  `[${'0,'.repeat(3_000)}0]`,
  `[${'"a",'.repeat(3_000)}"a"]`,
  deep(90, '[', ']'),
  deep(20_000, '[', ']'),
  deep(5_000, '{"a":', '}').replace('}', '1}'),
  'NaN',
  'undefined',
  '01',
  "'a'",
  '[1,]',
  '\ufeff1',
];

type Random = (below: number) => number;

const oneOf = <T>(random: Random, values: readonly T[]): T => {
  const value = values[random(values.length)];
  if (value === undefined) throw new Error('There is none.');
  return value;
};

/** A JSON text of a value in which one place, any, has become a hostile one. */
function mutated(value: unknown, random: Random): string {
  const hostile = oneOf(random, HOSTILE);
  const isList = Array.isArray(value);
  if (typeof value !== 'object' || value === null || random(6) === 0) return hostile;
  const entries = Object.entries(value).map(([name, one]) => [JSON.stringify(name), one] as const);
  const place = random(entries.length + 1);
  const written = entries.map(([name, one], index) => {
    const text = index === place ? mutated(one, random) : JSON.stringify(one);
    // A text where a list is due, a list where a text is, and one field twice.
    const [wrapped, twice] = [random(8) === 0 ? `[${text}]` : text, random(8) === 0];
    if (isList) return twice ? `${text},${hostile}` : wrapped;
    return twice ? `${name}:${text},${name}:${hostile}` : `${name}:${wrapped}`;
  });
  if (place === entries.length) {
    const name = oneOf(random, ['__proto__', 'constructor', 'filters', 'limit', 'unknown', '', 'then']);
    written.push(isList ? hostile : `${JSON.stringify(name)}:${hostile}`);
  }
  return isList ? `[${written.join()}]` : `{${written.join()}}`;
}

/** Also cut anywhere, and with bytes that are no UTF-8. */
function bodyOf(value: unknown, random: Random): Buffer {
  const bytes = Buffer.from(mutated(value, random));
  const kind = random(12);
  if (kind === 0) return bytes.subarray(0, random(bytes.length + 1));
  if (kind === 1) bytes[random(bytes.length)] = 0x80 + random(128);
  return bytes;
}

/** Where whoever walks through a value may run out of stack: every field of a body, and the filters that most take. */
const DEEP = [deep(20_000, '[', ']'), deep(5_000, '{"and":[', ']}')];

function deepBodies(value: unknown): readonly Buffer[] {
  const fields = Object.entries(Object(value)).filter(([name]) => name !== 'filters');
  return ['filters', ...fields.map(([name]) => name)].flatMap((deepOne) =>
    DEEP.map((hostile) => {
      const others = fields.filter(([name]) => name !== deepOne);
      const written = others.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`);
      return Buffer.from(`{${[...written, `${JSON.stringify(deepOne)}:${hostile}`].join()}}`);
    }),
  );
}

const CLICK = { short_code: 'launch', clicked_at: '2026-01-31T10:00:00Z', properties: { plan: 'pro' } };

/** What each route takes, by its document. */
const TARGETS = ROUTES.flatMap(({ method, path, sample, description }) => {
  const content = description?.requestBody?.content;
  if (content === undefined) return [];
  const examples = Object.values(content['application/json']?.examples ?? { click: { value: CLICK } });
  const type = content['application/json'] === undefined ? Object.keys(content)[0] : 'application/json';
  return [{ method, path: path.endsWith('schedules/{id}') ? path : sample.path, type: type ?? '', examples }];
});

let spoor: TestSpoor;
let schedule: string;
beforeAll(async () => {
  spoor = await startSpoor();
  const { json } = await spoor.send('POST', '/api/v1/schedules', {
    json: { cron: '0 3 1 1 *', range: 'yesterday', format: 'csv' },
  });
  schedule = json.id;
});
afterAll(() => spoor.stop());

test.each(TARGETS)(
  `$method $path takes or refuses whatever JSON it is sent (SPOOR_TEST_SEED=${SEED})`,
  async ({ method, path, type, examples }) => {
    const random = seededRandom(SEED);
    const some = Array.from({ length: BODIES_EACH }, () => bodyOf(oneOf(random, examples).value, random));
    const bodies = [...examples.flatMap(({ value }) => deepBodies(value)), ...some];
    const faults: string[] = [];
    const queue = bodies.values();
    const work = async (): Promise<void> => {
      for (const body of queue) {
        const { status, text } = await spoor.send(method.toUpperCase(), path.replace('{id}', schedule), {
          body,
          headers: { 'content-type': type },
        });
        // What is wrong with the first thousand clicks is a report of its own.
        const isReport = status < 400 || text.includes('"rejected":');
        const most = isReport ? MAX_RESPONSE_BYTES : MAX_ERROR_BYTES;
        if (status < 500 && Buffer.byteLength(text) <= most) continue;
        faults.push(`${status}, ${text.length}: ${body.toString().slice(0, 200)} -> ${text.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(faults).toEqual([]);
    expect((await spoor.send('GET', '/ready')).status).toBe(200);
  },
  60_000,
);
