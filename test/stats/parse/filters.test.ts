import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { AppError } from '../../../src/errors.ts';
import { type Condition, type Filter, conditionsIn } from '../../../src/stats/parse/filter.ts';
import { filterForm } from '../../../src/stats/parse/filter-form.ts';
import { FILTER_LIMITS, parseFilters } from '../../../src/stats/parse/filter-parameters.ts';
import {
  valueDimensionOf,
  FILTER_NAMES,
  type FilterName,
} from '../../../src/stats/registry/dimension-names.ts';
import { OPERATOR_NAMES } from '../../../src/stats/registry/operators.ts';
import { FILTER_SPELLINGS, inJson } from '../../support/filter-spellings.ts';
import { condition } from '../../support/filters.ts';

type Raw = (typeof FILTER_SPELLINGS)[number][0];

const parsed = (raw: Raw, scope = 'all'): readonly Filter[] => parseFilters(raw, scope);

/** Field and message of the error that parsing ends in. */
function refusal(raw: Raw, scope = 'all'): readonly [field: string | undefined, message: string] | undefined {
  try {
    parsed(raw, scope);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.code, error.status]).toEqual(['validation_error', 400]);
    return [error.field, error.message];
  }
  return undefined;
}

/** A value that the dimension can have. */
function someValue(dimension: FilterName): string {
  return valueDimensionOf(dimension).example.split(',')[0] ?? '';
}

test.each(FILTER_SPELLINGS)('%j', (spelling, filters, form) => {
  expect(parsed(spelling)).toEqual(filters);
  expect(filterForm(filters)).toEqual(form);
  expect(parsed(inJson(form))).toEqual(filters);
});

test.each(OPERATOR_NAMES)('%s: for every dimension, in every spelling', (operator) => {
  for (const dimension of FILTER_NAMES) {
    const value = someValue(dimension);
    const filters = [condition(operator, dimension, [value])];
    for (const raw of [
      { [`${dimension}.${operator}`]: value },
      inJson({ [dimension]: { [operator]: value } }),
      inJson([operator, dimension, [value]]),
    ]) {
      expect(parsed(raw)).toEqual(filters);
    }
  }
});

describe('the normal form', () => {
  const cities = fc.array(fc.constantFrom('DE', 'us', 'Türkiye', 'a,b'), { maxLength: 3 });
  const leaf = fc
    .record({
      operator: fc.constantFrom(...OPERATOR_NAMES),
      dimension: fc.constantFrom(...FILTER_NAMES),
      times: fc.integer({ min: 1, max: 3 }),
      options: fc.constantFrom([], [{}], [{ case_sensitive: false }]),
    })
    .map(({ operator, dimension, times, options }): unknown => [
      operator,
      dimension,
      Array<string>(times).fill(someValue(dimension)),
      ...options,
    ]);
  const object = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...FILTER_NAMES), fc.constantFrom(...OPERATOR_NAMES)), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 3,
    })
    .map((drawn): unknown =>
      Object.fromEntries(drawn.map(([name, operator]) => [name, { [operator]: someValue(name) }])),
    );
  const group = (depth: number): fc.Arbitrary<unknown> => {
    if (depth === 0) return leaf;
    const inner = fc.oneof(leaf, object, group(depth - 1));
    const several = fc.array(inner, { minLength: 1, maxLength: 3 });
    return fc.oneof(
      inner,
      inner.map((one): unknown => ['not', one]),
      fc.tuple(fc.constantFrom('and', 'or'), several).map((one): unknown => one),
    );
  };

  test('it says the same filters as what it was made of', () => {
    fc.assert(
      fc.property(group(3), cities, (json, drawn) => {
        const raw = {
          ...inJson(json),
          'city.is_not': drawn.map((one) => one.replace(',', '\\,')).join(','),
        };
        if (refusal(raw) !== undefined) return;
        const filters = parsed(raw);
        expect(parsed(inJson(filterForm(filters)))).toEqual(filters);
      }),
      { numRuns: 500 },
    );
  });
});

describe('refused', () => {
  test.each([
    [inJson({ browser: { isnt: 'x' } }), 'unknown operator isnt. Did you mean'],
    [inJson({ browser: { is_nt: 'x' } }), 'Did you mean is_not?'],
    [inJson({ browser: { like: 'x' } }), 'It can be: is, is_not, contains'],
    [inJson(['isnot', 'browser', ['x']]), 'Did you mean is_not?'],
    [inJson(['nor', [{ browser: 'x' }]]), 'filters has an array'],
    [inJson(['is', 'browsr', ['x']]), 'Did you mean browser?'],
    [inJson(['not', ['is', 'time', ['x']]]), 'filters cannot name time'],
    [inJson(['is', 'browser', []]), 'no value'],
    [inJson(['is', 'browser', ['']]), 'no value'],
    [inJson(['is', 'browser']), 'array that is none of'],
    [inJson(['is', 'browser', ['x'], { case: false }]), 'array that is none of'],
    [inJson(['is', 'browser', ['x'], {}, 1]), 'array that is none of'],
    [inJson(['is', 'browser', [1]]), 'array that is none of'],
    [inJson([]), 'array that is none of'],
    [inJson(['and', []]), 'array that is none of'],
    [inJson(['or', {}]), 'array that is none of'],
    [inJson(['not', { os: 'x' }, { os: 'y' }]), 'array that is none of'],
    [inJson(['not', {}]), 'without a value'],
    [inJson(['or', [{ os: 'x' }, { os: [] }]]), 'without a value'],
    [inJson(['or', ['os']]), 'filters must be'],
    [{ filters: '{"os": ["Linux"], "os": ["iOS"]}' }, 'filters has os twice in one object'],
    [{ filters: '["or", [{"os": {"is": ["Linux"], "is": ["iOS"]}}]]' }, 'filters has is twice in one object'],
    [inJson({ os: { case_sensitive: false } }), 'filters must be'],
    [inJson({ os: { is: 'x', case_sensitive: 'no' } }), 'filters must be'],
    [inJson(['is', 'city', ['\0']]), 'U+0000'],
    [inJson(['or', [{ country: 'Atlantis' }, { os: 'x' }]]), 'no country’s'.replace('’', "'")],
    [inJson({ os: { matches: 'x'.repeat(FILTER_LIMITS.patternLength + 1) } }), 'at most 1000 characters'],
    [inJson({ os: { matches: ['(a{10}){10}', '(?:b{10}){20}'] } }), 'at most 250 repetitions'],
    [inJson({ os: { matches: Array.from({ length: 21 }, String) } }), 'at most 20 patterns'],
    [inJson({ os: Array.from({ length: 10_001 }, String) }), 'at most 10000 values'],
    [inJson(['or', Array.from({ length: 101 }, () => ({ os: 'x' }))]), 'at most 100 conditions'],
    // So many are not even looked at.
    [inJson({ country: Array.from({ length: 20_001 }, () => 'Nowhere') }), 'at most 10000 values'],
    [inJson(Array.from({ length: 3_001 }, () => [])), 'at most 100 conditions'],
    [{ country: Array.from({ length: 20_001 }, () => 'Nowhere') }, 'at most 10000 values'],
  ])('%#: %.120j', (raw, message) => {
    const [field, said = ''] = refusal(raw) ?? [];
    expect(field).toBe('filters');
    expect(said).toContain(message);
    expect(said.length).toBeLessThan(500);
  });

  test.each(['and', 'or', 'not'])('%s nested deeper than it may be', (name) => {
    const nested = (levels: number): unknown =>
      levels === 0
        ? { os: 'x' }
        : name === 'not'
          ? [name, nested(levels - 1)]
          : [name, [nested(levels - 1), { city: 'x' }]];
    // One that all of the filters are in does not count.
    const most = name === 'and' ? 4 : 3;
    expect(refusal(inJson(nested(most)))).toBeUndefined();
    expect(refusal(inJson(nested(most + 1)))?.[1]).toContain('3 deep');
    const [open, close] = name === 'not' ? [`["${name}",`, ']'] : [`["${name}",[`, ']]'];
    const bomb = `${open.repeat(1_000)}null${close.repeat(1_000)}`;
    expect(refusal({ filters: bomb })?.[1]).toContain('3 deep');
  });

  test('a parameter is named', () => {
    expect(refusal({ 'country.is_not': 'Atlantis' })?.[0]).toBe('country.is_not');
    expect(refusal({ 'os.matches': 'x'.repeat(1_001) })?.[0]).toBe('os.matches');
    expect(refusal({ 'short_code.starts_with': 'x' }, 'anon')?.[0]).toBe('short_code.starts_with');
    expect(refusal({ short_code: 'x' }, 'anon')).toBeUndefined();
    expect(refusal({ tag: 'x' }, 'anon')?.[0]).toBe('tag');
  });

  test('parts and patterns of a country need not be one', () => {
    const filters = parsed({ 'country.contains': 'land', 'country.matches': '^G' });
    expect(conditionsIn(filters).map(({ values }: Condition) => values)).toEqual([['land'], ['^G']]);
  });
});
