import { expect, test } from '@jest/globals';
import { repeatedName } from '../../src/lib/repeated-name.ts';
import * as fc from '../support/fast-check.ts';

type Tree =
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Tree])[] };

/** Few names, so that many trees have one twice, and texts that look like other parts of JSON. */
const text = fc.oneof(fc.constantFrom('a', 'b', '"', '\\', '{"a":1}', '],[', 'é', ''), fc.string());
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant('scalar' as const),
      value: fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
    }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('tree'), { maxLength: 4 }) }),
    fc.record({
      kind: fc.constant('object' as const),
      entries: fc.array(fc.tuple(text, tie('tree')), { maxLength: 4 }),
    }),
  ),
}));

/** The JSON of a tree; `written` makes the text of a name or value. */
function jsonOf(one: Tree, written: (value: unknown) => string): string {
  switch (one.kind) {
    case 'scalar':
      return written(one.value);
    case 'list':
      return `[ ${one.items.map((item) => jsonOf(item, written)).join(' ,')}]`;
    case 'object':
      return `{${one.entries.map(([name, value]) => `${written(name)} :${jsonOf(value, written)}`).join(', ')} }`;
    default:
      return one satisfies never;
  }
}

function hasRepeated(one: Tree): boolean {
  if (one.kind === 'scalar') return false;
  if (one.kind === 'list') return one.items.some(hasRepeated);
  const names = one.entries.map(([name]) => name);
  return new Set(names).size < names.length || one.entries.some(([, value]) => hasRepeated(value));
}

const escaped = (value: unknown): string =>
  typeof value === 'string'
    ? `"${[...Array(value.length).keys()].map((at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(value);

test.each([JSON.stringify, escaped])('a name is found that an object has twice, and only then', (written) => {
  fc.assert(
    fc.property(tree, (one) => {
      expect(repeatedName(jsonOf(one, written)) !== undefined).toBe(hasRepeated(one));
    }),
    { numRuns: 1_000 },
  );
});

test('the first such name is told', () => {
  expect(repeatedName('{"a": {"b": 1}, "c": [{"b": "a"}, {"b": 1, "\\u0062": 2}], "a": 3}')).toBe('b');
});
