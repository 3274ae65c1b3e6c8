import type { Filter } from '../../src/stats/parse/filter.ts';
import { condition, is } from './filters.ts';

type Raw = Readonly<Record<string, string | readonly string[]>>;

export const inJson = (filters: unknown): Raw => ({ filters: JSON.stringify(filters) });

const chrome = is('browser', 'Chrome');
const notChrome = condition('is_not', 'browser', ['Chrome']);
const linux = is('os', 'Linux');
const berlin = condition('contains', 'city', ['Berl'], false);

/** How filters are spelt, what that means, and how results repeat it. */
export const FILTER_SPELLINGS: readonly (readonly [
  spelling: Raw,
  filters: readonly Filter[],
  form: unknown,
])[] = [
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
