import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { ERRORS } from '../../../src/errors.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../../src/export/formats.ts';
import { ERROR_CODES } from '../../../src/http/openapi/documented-errors.ts';
import { METHODS, type Operation, type Parameter } from '../../../src/http/openapi/model.ts';
import type { JsonSchema } from '../../../src/http/openapi/schemas.ts';
import { SCOPE_NAMES } from '../../../src/keys/scopes.ts';
import { DIMENSION_NAMES, FILTER_NAMES } from '../../../src/stats/registry/dimension-names.ts';
import { INTERVALS, INTERVAL_NAMES } from '../../../src/stats/registry/intervals.ts';
import { METRIC_NAMES } from '../../../src/stats/registry/metrics.ts';
import type { RawParameters } from '../../../src/stats/parse/raw-parameters.ts';
import { BOT_CHOICES, COMPARE_CHOICES, SCOPES_OF_STATS } from '../../../src/stats/parse/values.ts';
import { parseStatsRequest } from '../../../src/stats/parse/parse-request.ts';
import { ROUTES, apiDocument } from '../../support/outside.ts';
import { documentJudge } from '../../support/outside.ts';

const judge = documentJudge;
const document = judge.document;

const DESCRIPTIONS = ROUTES.flatMap(({ description }) => description ?? []);
const REQUEST_SCHEMAS = DESCRIPTIONS.flatMap(({ requestSchemas }) => requestSchemas);

interface Documented {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const OPERATIONS: readonly Documented[] = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [{ method, path, operation }];
  }),
);

function operationOf(id: string): Operation {
  const found = OPERATIONS.find(({ operation }) => operation.operationId === id);
  if (found === undefined) throw new Error(`No operation ${id}.`);
  return found.operation;
}

function queryNames(id: string): readonly string[] {
  return (operationOf(id).parameters ?? [])
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, explode, schema }) =>
      explode === true ? Object.keys(Object(schema['properties'])) : [name],
    )
    .toSorted();
}

function parameterOf(id: string, name: string): Parameter {
  const found = operationOf(id).parameters?.find((parameter) => parameter.name === name);
  if (found === undefined) throw new Error(`No parameter ${name}.`);
  return found;
}

test('it is an OpenAPI 3.1 document, by the official schema and with every reference resolved', async () => {
  // The client's generator brings the validator; it is no package of ours.
  const ours = createRequire(import.meta.url);
  const generators = createRequire(ours.resolve('swagger-typescript-api'));
  const { validate }: { validate: (document: unknown) => Promise<unknown> } = generators(
    '@apidevtools/swagger-parser',
  );
  await validate(structuredClone(apiDocument()));
  const { openapi, info } = apiDocument();
  await expect(validate({ openapi, info, paths: {} })).resolves.toBeDefined();
  await expect(validate({ openapi, info, paths: { nowhere: {} } })).rejects.toThrow();
});

test('no two operations have one name', () => {
  const ids = OPERATIONS.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(DESCRIPTIONS.length);
});

/** The names that a parser looks for. */
function namesRead(parse: (raw: RawParameters) => unknown, scopes = SCOPES_OF_STATS): readonly string[] {
  const names = new Set<string>();
  for (const scope of scopes) {
    const given: Record<string, string> = { scope, ...(scope === 'anon' ? { short_code: 'x' } : {}) };
    const raw = new Proxy(given, {
      get: (target, name) => {
        names.add(String(name));
        return target[String(name)];
      },
    });
    parse(raw);
  }
  return [...names].toSorted();
}

test('it has every parameter that the parsers look for, and no other', () => {
  const context = { now: Date.UTC(2026, 0, 31), timeZones: new Set(['UTC']) };
  const names = namesRead((raw) => parseStatsRequest(raw, context));
  expect(queryNames('getStats')).toEqual([...names, 'explain'].toSorted());
  expect(queryNames('getExport')).toEqual([...names, 'format'].toSorted());
});

test('every entry of the registries is in it', () => {
  const { schemas } = document.components;
  const [stats, row] = [JSON.stringify(schemas['StatsAnswer']), JSON.stringify(schemas['BreakdownRow'])];
  for (const id of ['getStats', 'getExport']) {
    const accepts = (name: string, value: string) =>
      new RegExp(String(parameterOf(id, name).schema['pattern'])).test(value);
    expect(accepts('group_by', DIMENSION_NAMES.join(','))).toBe(true);
    expect(accepts('group_by', 'time,nothing')).toBe(false);
    expect(accepts('metrics', METRIC_NAMES.join(' , '))).toBe(true);
    expect(parameterOf(id, 'interval').schema['enum']).toEqual(INTERVAL_NAMES);
    expect(parameterOf(id, 'bots').schema['enum']).toEqual(BOT_CHOICES);
    expect(parameterOf(id, 'scope').schema['enum']).toEqual(SCOPES_OF_STATS);
    for (const name of FILTER_NAMES) {
      expect(parameterOf(id, name).description).not.toBe('');
      expect(JSON.stringify(parameterOf(id, 'filters').schema)).toContain(`"${name}"`);
    }
  }
  for (const name of DIMENSION_NAMES) {
    expect(row).toContain(`"${name}"`);
    for (const metric of METRIC_NAMES) expect(stats).toContain(`"${metric}_by_${name}"`);
  }
  for (const name of INTERVAL_NAMES) expect(stats).toContain(`"${INTERVALS[name].strategy}"`);
  const compare = new RegExp(String(parameterOf('getStats', 'compare').schema['pattern']));
  for (const choice of [...COMPARE_CHOICES, '2025-01-01/2025-01-31']) expect(choice).toMatch(compare);
  expect(parameterOf('getExport', 'format').schema['enum']).toEqual(EXPORT_FORMAT_NAMES);
  expect(Object.keys(operationOf('getExport').responses['200']?.content ?? {})).toEqual(
    EXPORT_FORMAT_NAMES.map((name) => EXPORT_FORMATS[name].contentType),
  );
  for (const scope of SCOPE_NAMES) expect(document.info.description).toContain(`\`${scope}\``);
  for (const { path, rateLimit } of DESCRIPTIONS) {
    const sentence = `\`${path}\`: ${rateLimit?.key.minute} a minute`;
    expect(document.info.description.includes(sentence)).toBe(rateLimit !== undefined);
  }
});

test('every error code is in it, with the status it has', () => {
  const statusesOf = new Map<string, Set<number>>();
  for (const { operation } of OPERATIONS) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      for (const { value } of Object.values(content?.['application/json']?.examples ?? {})) {
        const code = typeof value === 'object' && value !== null && 'code' in value ? String(value.code) : '';
        statusesOf.set(code, (statusesOf.get(code) ?? new Set()).add(Number(status)));
      }
    }
  }
  // No route that is documented answers it: it is for methods that are not.
  for (const code of ERROR_CODES.filter((one) => one !== 'method_not_allowed')) {
    expect([code, statusesOf.get(code)?.has(ERRORS[code].status)]).toEqual([code, true]);
  }
  expect(document.components.schemas['ErrorAnswer']).toMatchObject({
    properties: { code: { enum: ERROR_CODES } },
  });
});

test('every example fits its schema', () => {
  const faults: string[] = [];
  const check = (value: unknown, place: readonly string[]): void => {
    const fault = judge.faultOf(value, ...place);
    if (fault !== undefined) faults.push(`${place.join(' ')}: ${fault}`);
  };
  for (const { method, path, operation } of OPERATIONS) {
    const at = ['paths', path, method];
    operation.parameters?.forEach(({ example }, index) => {
      if (example !== undefined) check(example, [...at, 'parameters', String(index), 'schema']);
    });
    const contents = [
      ...Object.entries(operation.responses).map(
        ([status, one]) => [one.content, ['responses', status]] as const,
      ),
      [operation.requestBody?.content, ['requestBody']] as const,
    ];
    for (const [content = {}, place] of contents) {
      for (const [type, { examples = {} }] of Object.entries(content)) {
        for (const { value } of Object.values(examples))
          check(value, [...at, ...place, 'content', type, 'schema']);
      }
    }
  }
  for (const { name, fields } of REQUEST_SCHEMAS) {
    for (const [field, described] of Object.entries(fields)) {
      const place = ['components', 'schemas', name, 'properties', field];
      for (const example of examplesOf(described)) check(example, place);
    }
  }
  expect(faults).toEqual([]);
});

test('every operation says what it is, what it answers and shows how it is asked', () => {
  for (const { path, method, operation } of OPERATIONS) {
    const { summary, description, responses, tags } = operation;
    expect([path, summary.length > 5, description.length > 10]).toEqual([path, true, true]);
    expect(document.tags.map(({ name }) => name)).toContain(tags[0]);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '401', '500', '503', '504']));
    expect(operation['x-codeSamples'].length).toBeGreaterThan(0);
    for (const { source } of operation['x-codeSamples']) {
      const shown = new URL(/\$SPOOR([^"]*)/.exec(source)?.[1] ?? '', 'http://x');
      expect([judge.pathOf(shown.pathname), /--request (\w+)/.exec(source)?.[1] ?? 'GET']).toEqual([
        path,
        method.toUpperCase(),
      ]);
      const known = (operation.parameters ?? []).map(({ name }) => name);
      for (const name of shown.searchParams.keys()) expect(known).toContain(name);
    }
    const placed = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(inPath.map(({ name }) => name)).toEqual(placed);
  }
});

describeBounds();

/** The bounds that the document adds to the schemas are those at which the schemas themselves refuse. */
function describeBounds(): void {
  const good: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    Click: { short_code: 'x' },
    UrlChange: {},
    KeyWanted: { owner_id: 'x', name: 'x', scopes: ['stats:read'] },
    Selectors: {},
    McpMessage: { jsonrpc: '2.0', method: 'ping' },
    ScheduleWanted: { cron: '@daily', range: 'today' },
  };
  const cases = REQUEST_SCHEMAS.flatMap(({ name, schema, fields }) =>
    Object.entries(fields()).map(([field, described]) => ({ name, schema, field, described })),
  );
  test.each(cases)('$name.$field is bounded as the document says', ({ name, schema, field, described }) => {
    const accepts = (value: unknown): boolean => schema.safeParse({ ...good[name], [field]: value }).success;
    const text = (length: number): string =>
      field === 'long_url' ? 'https://x/'.padEnd(length, 'x') : 'x'.repeat(length);
    const maxLength = Number(described['maxLength']);
    if ('maxLength' in described) {
      expect([accepts(text(maxLength)), accepts(text(maxLength + 1))]).toEqual([true, false]);
    } else if (field !== 'scopes' && field !== 'rate_limit') {
      expect(accepts(text(10_000))).toBe(accepts(text(100)));
    }
    if ('minLength' in described) expect(accepts('')).toBe(false);
    for (const example of examplesOf(described)) expect(accepts(example)).toBe(true);
  });
}

function examplesOf({ examples }: JsonSchema): readonly unknown[] {
  return Array.isArray(examples) ? examples : [];
}
