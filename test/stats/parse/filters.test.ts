import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AppError } from '../../../src/errors.ts';
import { type Condition, type Filter, conditionsIn } from '../../../src/stats/parse/filter.ts';
import { filterForm } from '../../../src/stats/parse/filter-form.ts';
import { FILTER_LIMITS, parseFilters } from '../../../src/stats/parse/filter-parameters.ts';
import { valueDimensionOf, FILTER_NAMES, type FilterName } from '../../../src/stats/registry/dimensions.ts';
import { OPERATOR_NAMES } from '../../../src/stats/registry/operators.ts';
import { condition, is } from '../../support/filters.ts';

type Raw = Readonly<Record<string, string | readonly string[]>>;

const inJson = (filters: unknown): Raw => ({ filters: JSON.stringify(filters) });
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

const chrome = is('browser', 'Chrome');
const notChrome = condition('is_not', 'browser', ['Chrome']);
const linux = is('os', 'Linux');
const berlin = condition('contains', 'city', ['Berl'], false);

/** How filters are spelt, what that means, and how results repeat it. */
const SPELLINGS: readonly (readonly [spelling: Raw, filters: readonly Filter[], form: unknown])[] = [
  [{}, [], {}],
  [inJson({ browser: ['Chrome'] }), [chrome], { browser: ['Chrome'] }],
  [inJson({ browser: 'Chrome' }), [chrome], { browser: ['Chrome'] }],
  [{ 'property.plan': 'a\\,b,c' }, [is('property.plan', 'a,b', 'c')], { 'property.plan': ['a,b', 'c'] }],
  [inJson({ 'property.browser': 'x' }), [is('property.browser', 'x')], { 'property.browser': ['x'] }],
  [
    { 'property.plan.is_not': 'free', ...inJson(['is', 'property.a.is_not', 'x']) },
    [is('property.a.is_not', 'x'), condition('is_not', 'property.plan', ['free'])],
    { 'property.a.is_not': ['x'], 'property.plan': { is_not: ['free'] } },
  ],
  [inJson({ browser: { is: 'Chrome' } }), [chrome], { browser: ['Chrome'] }],
  [inJson(['is', 'browser', 'Chrome']), [chrome], { browser: ['Chrome'] }],
  [inJson(['is', 'browser', ['Chrome'], { case_sensitive: true }]), [chrome], { browser: ['Chrome'] }],
  [inJson(['and', [{ browser: 'Chrome' }]]), [chrome], { browser: ['Chrome'] }],
  [{ browser: 'Chrome' }, [chrome], { browser: ['Chrome'] }],
  [{ 'browser.is': 'Chrome' }, [chrome], { browser: ['Chrome'] }],
  [inJson({ browser: { is_not: ['Chrome'] } }), [notChrome], { browser: { is_not: ['Chrome'] } }],
  [inJson(['is_not', 'browser', ['Chrome']]), [notChrome], { browser: { is_not: ['Chrome'] } }],
  [{ 'browser.is_not': 'Chrome' }, [notChrome], { browser: { is_not: ['Chrome'] } }],
  [
    { 'browser.is_not': 'a\\,b, c' },
    [condition('is_not', 'browser', ['a,b', 'c'])],
    { browser: { is_not: ['a,b', 'c'] } },
  ],
  [
    { ...inJson({ browser: { is_not: 'Chrome' } }), browser: 'Edge', 'browser.is_not': ['x', 'y'] },
    [is('browser', 'Edge'), condition('is_not', 'browser', ['Chrome', 'x', 'y'])],
    { browser: { is: ['Edge'], is_not: ['Chrome', 'x', 'y'] } },
  ],
  [
    inJson({ city: { contains: 'Berl', case_sensitive: false } }),
    [berlin],
    { city: { contains: ['Berl'], case_sensitive: false } },
  ],
  [
    inJson(['contains', 'city', ['Berl'], { case_sensitive: false }]),
    [berlin],
    { city: { contains: ['Berl'], case_sensitive: false } },
  ],
  [
    { ...inJson({ city: { contains: 'Berl', case_sensitive: false } }), 'city.contains': 'x' },
    [berlin, condition('contains', 'city', ['x'])],
    [
      'and',
      [
        ['contains', 'city', ['Berl'], { case_sensitive: false }],
        ['contains', 'city', ['x']],
      ],
    ],
  ],
  [inJson({ city: { is_not: [] }, os: { is: 'Linux', contains: '' } }), [linux], { os: ['Linux'] }],
  [
    // Lists of two conditions that both hold do not add up.
    inJson([
      'and',
      [
        ['contains', 'city', ['a']],
        ['contains', 'city', ['b']],
      ],
    ]),
    [condition('contains', 'city', ['a']), condition('contains', 'city', ['b'])],
    [
      'and',
      [
        ['contains', 'city', ['a']],
        ['contains', 'city', ['b']],
      ],
    ],
  ],
  [
    { ...inJson(['and', [['is', 'os', ['Linux']], { browser: { is_not: 'Chrome' } }]]) },
    [linux, notChrome],
    { os: ['Linux'], browser: { is_not: ['Chrome'] } },
  ],
  [
    inJson(['or', [{ os: 'Linux', browser: 'Chrome' }]]),
    [linux, chrome],
    { os: ['Linux'], browser: ['Chrome'] },
  ],
  [
    inJson(['or', [{ os: 'Linux', browser: 'Chrome' }, ['not', { city: { is_not: 'x' } }]]]),
    [
      {
        operator: 'or',
        filters: [
          { operator: 'and', filters: [linux, chrome] },
          { operator: 'not', filter: condition('is_not', 'city', ['x']) },
        ],
      },
    ],
    [
      'or',
      [
        [
          'and',
          [
            ['is', 'os', ['Linux']],
            ['is', 'browser', ['Chrome']],
          ],
        ],
        ['not', ['is_not', 'city', ['x']]],
      ],
    ],
  ],
  [
    { ...inJson(['not', { browser: 'Chrome' }]), os: 'Linux' },
    [linux, { operator: 'not', filter: chrome }],
    [
      'and',
      [
        ['is', 'os', ['Linux']],
        ['not', ['is', 'browser', ['Chrome']]],
      ],
    ],
  ],
  [
    inJson([
      'or',
      [
        ['or', [{ os: 'Linux' }, { browser: 'Chrome' }]],
        ['and', [{ browser: { is_not: 'Chrome' } }]],
      ],
    ]),
    [{ operator: 'or', filters: [linux, chrome, notChrome] }],
    [
      'or',
      [
        ['is', 'os', ['Linux']],
        ['is', 'browser', ['Chrome']],
        ['is_not', 'browser', ['Chrome']],
      ],
    ],
  ],
];

test.each(SPELLINGS)('%j', (spelling, filters, form) => {
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
    [inJson({ os: { case_sensitive: false } }), 'filters must be'],
    [inJson({ os: { is: 'x', case_sensitive: 'no' } }), 'filters must be'],
    [inJson(['is', 'city', ['\0']]), 'U+0000'],
    [inJson(['or', [{ country: 'Atlantis' }, { os: 'x' }]]), 'no country’s'.replace('’', "'")],
    [inJson({ os: { matches: 'x'.repeat(FILTER_LIMITS.patternLength + 1) } }), 'at most 1000 characters'],
    [inJson({ os: { matches: ['(a{10}){10}', '(?:b{10}){20}'] } }), 'at most 250 repetitions'],
    [inJson({ os: { matches: Array.from({ length: 21 }, String) } }), 'at most 20 patterns'],
    [inJson({ os: Array.from({ length: 10_001 }, String) }), 'at most 10000 values'],
    [inJson(['or', Array.from({ length: 101 }, () => ({ os: 'x' }))]), 'at most 100 conditions'],
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
    const bomb = `${open.repeat(20_000)}null${close.repeat(20_000)}`;
    expect(refusal({ filters: bomb })?.[1]).toContain('3 deep');
  });

  test('a parameter is named', () => {
    expect(refusal({ 'country.is_not': 'Atlantis' })?.[0]).toBe('country.is_not');
    expect(refusal({ 'os.matches': 'x'.repeat(1_001) })?.[0]).toBe('os.matches');
    expect(refusal({ 'short_code.starts_with': 'x' }, 'anon')?.[0]).toBe('short_code.starts_with');
    expect(refusal({ short_code: 'x' }, 'anon')).toBeUndefined();
  });

  test('parts and patterns of a country need not be one', () => {
    const filters = parsed({ 'country.contains': 'land', 'country.matches': '^G' });
    expect(conditionsIn(filters).map(({ values }: Condition) => values)).toEqual([['land'], ['^G']]);
  });
});
