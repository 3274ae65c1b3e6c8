import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { unzipSync } from 'fflate';
import { DIMENSION_NAMES } from '../../src/stats/registry/dimension-names.ts';
import { INTERVAL_NAMES } from '../../src/stats/registry/intervals.ts';
import { RANGE_NAMES } from '../../src/stats/registry/ranges.ts';
import { wellFormed } from '../../src/lib/text.ts';
import { documentJudge } from '../support/outside.ts';
import { SEED, tries } from '../support/random.ts';
import { type KnownRoute, allRoutes } from '../support/routes.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

const REQUESTS = tries(1_000);
const AT_ONCE = 16;

/** What a healthy Spoor without rate limits may answer. */
const STATUSES = [200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422];

const CODES = [
  'validation_error',
  'authentication_error',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'idempotency_conflict',
  'payload_too_large',
  'unsupported_media_type',
];

/** An export's query runs 60 s to its first byte and waits 10 s for its turn; then it lasts as long as its client reads. */
const LONGEST_MS = 75_000;

/** Stands in every field of the other owner's clicks and in no request. */
const MARK = 'ZetaMark';
const OTHERS_CODES = ['theirs', 'their,second', '*theirs'];

/** What no client is to see of the inside. */
const INSIDE =
  /DB::Exception|SELECT |GROUP BY|INSERT INTO|node_modules|node:internal|\n\s+at |\/(tmp|src|dist|work|home)\//;

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const HOSTILE = [
  '',
  ' ',
  '0',
  '-1',
  '1e999',
  'NaN',
  'null',
  '*',
  '%',
  '\\',
  "'",
  "\\'; --",
  "') OR 1=1 --",
  '{p0:String}',
  '{"browser":["Chrome"]}',
  '{"browser":[1]}',
  '{"__proto__":["x"]}',
  '[[[[[[',
  '__proto__',
  'constructor',
  '\u0000',
  '\u0007',
  '\u202e',
  '\ud83d\ude00',
  '../../etc/passwd',
  'mine',
  'me',
  'them',
  ...OTHERS_CODES,
];

const NAMES: Readonly<Record<string, readonly string[]>> = {
  scope: ['all', 'anon', 'ALL'],
  short_code: ['mine', 'mine,second', 'fresh', ...OTHERS_CODES],
  start_date: [
    '2000-01-01',
    '2025-01-01',
    '1735689600',
    '2025-06-01T10:00:00+02:00',
    '99999999999999',
    '2025-02-30',
  ],
  end_date: ['2025-12-31', '2026-01-01', '1767225600000', '9999-12-31', '0'],
  group_by: [...DIMENSION_NAMES, 'time,browser', DIMENSION_NAMES.join(',')],
  metrics: ['clicks', 'unique_clicks', 'clicks,unique_clicks', 'visits'],
  timezone: ['UTC', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'utc', '/etc/localtime'],
  range: [...RANGE_NAMES, 'next_week'],
  interval: [...INTERVAL_NAMES, 'second'],
  week_start: ['monday', 'sunday', 'tuesday'],
  breakdown: ['true', 'false', 'maybe'],
  filters: ['{"browser":"Chrome"}', '{"short_code":["mine"]}', '{"city":[]}', '{"nothing":["x"]}', '{', '[]'],
  browser: ['Chrome', 'Chrome,Firefox'],
  country: ['DE', 'Türkiye', 'XX'],
  city: ['Berlin', 'a\\,b'],
  referrer: ['google.com', 'https://google.com/a?b', 'Direct'],
  bots: ['include', 'exclude', 'only'],
  compare: ['previous', 'year', '2024-01-01/2024-01-31', '2024-02-01/2024-01-31', 'next'],
  match: ['weekday', 'month'],
  limit: ['1', '10000', '10001', '007'],
  owner_id: ['me', 'them', '*'],
  format: ['json', 'xml', 'csv', 'xlsx', 'pdf'],
  cursor: ['bWluZQ', 'x'],
};

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
  { weight: 1, arbitrary: fc.nat({ max: 4_000 }).map((length) => 'x'.repeat(length)) },
);

const parameter = (names: readonly string[]) =>
  fc
    .constantFrom(...names)
    .chain((name) =>
      fc
        .oneof(
          { weight: 4, arbitrary: fc.constantFrom(...(NAMES[name] ?? ['1', 'mine'])) },
          { weight: 1, arbitrary: text },
        )
        .map((value) => [name, value] as const),
    );

const listed = (names: readonly string[], maxLength: number): fc.Arbitrary<readonly string[]> =>
  names.length === 0
    ? fc.constant([])
    : fc
        .array(parameter(names), { maxLength })
        .map((pairs) => pairs.map((pair) => pair.map(encoded).join('=')));

/** @param known the names that the route takes: another one ends a request at once */
const queryOf = (known: readonly string[]) =>
  fc
    .oneof(
      { weight: 6, arbitrary: listed(known, 6) },
      { weight: 1, arbitrary: listed(Object.keys(NAMES), 2) },
      // Not even percent-encoding that holds.
      {
        weight: 1,
        arbitrary: fc.array(
          fc.constantFrom('&', '=', '%', '%zz', '%ff', '%00', 'scope', '+', '?', ';', '[]'),
          {
            maxLength: 8,
          },
        ),
      },
    )
    .map((parts) => parts.join('&'));

const click = fc.record(
  {
    short_code: fc.oneof(fc.constantFrom('mine', 'fresh', ...OTHERS_CODES), text, fc.jsonValue()),
    clicked_at: fc.oneof(fc.constantFrom('2025-06-01', 1_748_736_000, '2099-01-01', ''), fc.jsonValue()),
    ip: fc.oneof(fc.constantFrom('192.0.2.1', '::1', '1.2.3'), fc.jsonValue()),
    user_agent: fc.oneof(text, fc.jsonValue()),
    referrer: fc.oneof(fc.constantFrom('https://a.example/b', 'javascript:x', 'http://[::1'), text),
    country: fc.oneof(fc.constantFrom('DE', 'Germany', 'Nowhere'), text),
    redirect_ms: fc.oneof(fc.double(), fc.jsonValue()),
    visitor_id: fc.oneof(text, fc.jsonValue()),
    is_bot: fc.oneof(fc.boolean(), fc.jsonValue()),
    click_id: text,
    owner_id: text,
    private_stats: fc.oneof(fc.boolean(), fc.jsonValue()),
    long_url: fc.oneof(fc.constant('https://a.example/'), fc.jsonValue()),
    tags: fc.oneof(fc.array(text), fc.jsonValue()),
    name: text,
    scopes: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

const body = fc.oneof(
  fc.constant(undefined),
  click.map((one) => Buffer.from(JSON.stringify(one))),
  fc.array(click, { maxLength: 4 }).map((all) => Buffer.from(JSON.stringify(all))),
  fc
    .array(click, { maxLength: 4 })
    .map((all) => Buffer.from(all.map((one) => JSON.stringify(one)).join('\n'))),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc.array(click, { maxLength: 4 }).map((all) => gzipSync(JSON.stringify(all))),
  fc
    .constantFrom('['.repeat(100_000), '{"a":'.repeat(50_000), '\ufeff', '\n\n\n')
    .map((value) => Buffer.from(value)),
);

const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/x-ndjson',
      'text/plain',
      'application/json; charset=x',
      ';',
    ),
    'content-encoding': fc.constantFrom('gzip', 'identity', 'br'),
    'idempotency-key': fc.constantFrom('a', 'b', "';--", 'x'.repeat(256)),
    'if-none-match': fc.constantFrom('*', '"x"', 'W/"', ','),
    'x-forwarded-for': fc.constantFrom('1.2.3.4', ',,,', "'"),
    accept: fc.constantFrom('*/*', ';q=', 'text/html'),
  },
  { requiredKeys: ['content-type'] },
);

/** Which key a request comes with; the owner's own most often. */
const keyChoice = fc.constantFrom('own', 'own', 'own', 'own', 'own', 'none', 'wrong', 'admin');

/** Percent-encoded as UTF-8, lone surrogates too. */
function encoded(value: string): string {
  return encodeURIComponent(wellFormed(value));
}

function shotAt(
  { method, pattern, queryNames }: KnownRoute,
  keys: Readonly<Record<string, string>>,
): fc.Arbitrary<Shot> {
  // An administrator may do anything to everybody's data: here it only reads.
  const keyName = method === 'GET' ? keyChoice : keyChoice.map((name) => (name === 'admin' ? 'own' : name));
  const otherMethod = fc.constantFrom(method, method, method, method, 'HEAD', 'OPTIONS', 'PATCH');
  return fc
    .tuple(otherMethod, text, queryOf(queryNames), headers, body, keyName)
    .map(([verb, word, search, given, sent, name]) => {
      const path = pattern.replace(/:\w+/g, () => encoded(word) || 'mine');
      const key = keys[name];
      return {
        method: verb,
        path: search === '' ? path : `${path}?${search}`,
        headers: { ...given, ...(key === undefined ? {} : { authorization: key }) },
        body: method === 'GET' ? undefined : sent,
      };
    });
}

let spoor: TestSpoor;
let shots: readonly Shot[];
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
beforeAll(async () => {
  spoor = await startSpoor();
  const own = await spoor.createKey('me');
  const theirs = await spoor.createKey('them');
  const clicks = (codes: readonly string[], word: string) =>
    codes.flatMap((code) =>
      ['1', '2', '3'].map((day) => ({
        short_code: code,
        clicked_at: `2025-06-0${day}`,
        ip: `192.0.2.${day}`,
        browser: word,
        os: word,
        city: word,
        referrer: `https://${word}.example/${word}`,
        click_id: word,
      })),
    );
  await spoor.send('POST', '/api/v1/clicks', { key: own, ndjson: clicks(['mine'], 'Chrome') });
  await spoor.send('POST', '/api/v1/clicks', { key: theirs, ndjson: clicks(OTHERS_CODES, MARK) });
  const keys = { own: `Bearer ${own}`, wrong: 'Bearer spoo_wrong', admin: `Bearer ${ADMIN_KEY}` };
  const routes = allRoutes();
  const asked = routes.filter(({ pattern }) => /stats|export/.test(pattern));
  const some = fc.constantFrom(...routes, ...asked, ...asked, ...asked).chain((route) => shotAt(route, keys));
  shots = fc.sample(some, REQUESTS);
});
afterAll(async () => {
  agent.destroy();
  await spoor.stop();
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  /** Until it begins. */
  readonly ms: number;
}

function send(shot: Shot): Promise<Answer> {
  const started = performance.now();
  const { promise, resolve, reject } = withResolvers<Answer>();
  // Node frames no body of a HEAD or DELETE by itself.
  const framed = shot.body === undefined ? {} : { 'content-length': shot.body.length };
  const outgoing = request(spoor.url, {
    method: shot.method,
    path: shot.path,
    headers: { ...shot.headers, ...framed },
    agent,
  });
  outgoing.on('error', reject).on('response', (response) => {
    const begun = performance.now();
    const chunks: Buffer[] = [];
    response
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('error', reject)
      .on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks),
          ms: begun - started,
        }),
      );
  });
  outgoing.end(shot.body);
  return promise;
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** What is wrong with an answer; undefined when nothing is. */
function faultOf(shot: Shot, { status, type, body: bytes, ms }: Answer): string | undefined {
  if (!STATUSES.includes(status)) return `status ${status}`;
  if (ms > LONGEST_MS) return `took ${ms} ms`;
  const isAdmin = shot.headers['authorization']?.includes(ADMIN_KEY);
  if (!isAdmin && textOf(type, bytes).includes(MARK)) return "another owner's clicks";
  const text = type.startsWith('application/json') ? bytes.toString() : 'a file'.slice(0, bytes.length);
  try {
    documentJudge.check({ method: shot.method, path: shot.path, status, type, text });
  } catch (error) {
    return String(error);
  }
  if (status < 400 || shot.method === 'HEAD') return undefined;
  if (!type.startsWith('application/json')) return `an error as ${type}`;
  const {
    error,
    code,
    error_code: again,
    field,
    details,
    accepted,
    rejected,
    ...rest
  } = JSON.parse(bytes.toString());
  if (typeof error !== 'string' || !/[.?]$/.test(error)) return 'no sentence';
  if (!CODES.includes(code) || again !== code) return `codes ${code} and ${again}`;
  if (field !== undefined && typeof field !== 'string') return 'field is no name';
  if (details !== undefined && !Array.isArray(details)) return 'details are no list';
  if ((accepted === undefined) !== (rejected === undefined)) return 'half a report';
  // A file without a click is answered with its import, whose fields the document has.
  if (Object.keys(rest).length > 0 && !('state' in rest))
    return `more than documented: ${Object.keys(rest).join()}`;
  return INSIDE.test(error) ? 'something of the inside' : undefined;
}

function textOf(type: string, bytes: Buffer): string {
  if (!/zip|spreadsheet/.test(type) || bytes.length === 0) return bytes.toString();
  return Object.values(unzipSync(bytes))
    .map((file) => Buffer.from(file).toString())
    .join('\n');
}

test(`${REQUESTS} random requests on every route (SPOOR_TEST_SEED=${SEED}) get documented answers`, async () => {
  const faults: string[] = [];
  const seen = new Map<number, number>();
  const queue = shots.values();
  const work = async (): Promise<void> => {
    for (const shot of queue) {
      const answer = await send(shot).catch((error: unknown) => String(error));
      const fault = typeof answer === 'string' ? answer : faultOf(shot, answer);
      if (typeof answer !== 'string') seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      if (fault === undefined) continue;
      const told = typeof answer === 'string' ? '' : answer.body.toString().slice(0, 300);
      faults.push(
        `${fault}: ${shot.method} ${shot.path.slice(0, 400)} ${shot.body?.toString().slice(0, 200) ?? ''} -> ${told}`,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(faults.slice(0, 20)).toEqual([]);
  // The requests are no use when all of them fail at the first check.
  const common = [200, 400, 401, 403, 404, 405, 422];
  expect([...seen.keys()]).toEqual(expect.arrayContaining(common));
  expect((await spoor.send('GET', '/ready')).status).toBe(200);
}, 300_000);
