import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { type KnownParameters, queryStringCheck } from '../../../src/http/request/query-string-check.ts';

const STATS: KnownParameters = { names: ['group_by', 'city', 'größe'], hasBody: false };
const NONE: KnownParameters = { names: [], hasBody: false };
const BODY: KnownParameters = { names: [], hasBody: true };
const ANY: KnownParameters = { names: 'any', hasBody: false };

/** Field and sentence of the error that the check of a query string ends in. */
function refusal(known: KnownParameters, querystring: string): readonly unknown[] {
  try {
    queryStringCheck(known)({ querystring });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.status, error.code]).toEqual([400, 'validation_error']);
    return [error.field, error.message];
  }
  return [];
}

describe('a query string that is taken', () => {
  test.each([
    ['', NONE],
    ['&&', NONE],
    ['_=1&cb=%00&t&_=2', NONE],
    ['group_by=os&city=K%C3%B6ln&city=100%', STATS],
    ['group%5Fby=os&gr%C3%B6%C3%9Fe=1', STATS],
    ['utm_source=x&gclid=1&=', ANY],
  ])('%j', (querystring, known) => {
    expect(refusal(known, querystring)).toEqual([]);
  });
});

describe('a parameter that the route does not know', () => {
  test.each([
    ['group_by=os&grup_by=os&else=1', STATS, 'grup_by', 'Did you mean group_by?'],
    ['groupBy', STATS, 'groupBy', 'Did you mean group_by?'],
    ['%67roup_by%20=os', STATS, 'group_by ', 'Did you mean group_by?'],
    ['utm_source=x', STATS, 'utm_source', 'It takes: group_by, city, größe.'],
    ['T=1', NONE, 'T', 'It takes none.'],
    ['constructor=1', NONE, 'constructor', 'It takes none.'],
    ['__proto__=1', NONE, '__proto__', 'It takes none.'],
    ['=1', NONE, '', 'It takes none.'],
    ['short_code=x', BODY, 'short_code', 'It takes none: what it is to do goes in the body.'],
  ])('%j', (querystring, known, field, hint) => {
    expect(refusal(known, querystring)).toEqual([
      field,
      `${field} is not a parameter of this route. ${hint}`,
    ]);
  });

  test('is the first of many', () => {
    const many = Array.from({ length: 5_000 }, (_, place) => `p${place}=1`);
    expect(refusal(STATS, many.join('&'))[0]).toBe('p0');
  });

  test('is quoted in part where it is long', () => {
    const [field, message] = refusal(STATS, 'x'.repeat(100_000));
    expect(field).toBe(`${'x'.repeat(64)}…`);
    expect(String(message).length).toBeLessThan(200);
  });
});

describe('a query string that Node would parse to something else', () => {
  test.each([
    ['city=K%F6ln', STATS],
    ['city=%ED%A0%80', STATS],
    ['city=%C3%B6%C3', ANY],
  ])('%s names its parameter', (querystring, known) => {
    expect(refusal(known, querystring)).toEqual(['city', 'The parameter city is not percent-encoded UTF-8.']);
  });

  test('more parameters than it parses', () => {
    const cities = (count: number) => Array.from({ length: count }, () => 'city=x').join('&');
    expect(refusal(STATS, cities(1_000))).toEqual([]);
    expect(refusal(STATS, cities(1_001))).toEqual([undefined, 'A request takes at most 1000 parameters.']);
    // Where none is parsed, none is lost.
    expect(refusal(ANY, cities(1_001))).toEqual([]);
  });
});
