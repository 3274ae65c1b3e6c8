import { describe, expect, test } from '@jest/globals';
import { render } from '../../src/sql/render.ts';
import { EMPTY, identifier, join, param, quoted, sql, tableOf } from '../../src/sql/sql.ts';

const a = param('String', 'a');
const b = param('UInt8', 2);

describe('render', () => {
  test.each([
    ['text alone', sql`SELECT 1`, 'SELECT 1', {}],
    ['a value', sql`x = ${a}`, 'x = {p0:String}', { p0: 'a' }],
    ['values are numbered as they stand', sql`${b} ${a}`, '{p0:UInt8} {p1:String}', { p0: 2, p1: 'a' }],
    [
      'one Param used twice is sent once',
      sql`${a} ${b} ${a}`,
      '{p0:String} {p1:UInt8} {p0:String}',
      { p0: 'a', p1: 2 },
    ],
    [
      'an equal value is sent once, in each of its types',
      sql`${a} ${param('String', 'a')} ${b} ${param('String', '2')} ${param('UInt16', 2)}`,
      '{p0:String} {p0:String} {p1:UInt8} {p2:String} {p3:UInt16}',
      { p0: 'a', p1: 2, p2: '2', p3: 2 },
    ],
    [
      'pieces in pieces',
      sql`(${sql`x = ${a}`}) AND ${b}`,
      '(x = {p0:String}) AND {p1:UInt8}',
      { p0: 'a', p1: 2 },
    ],
    ['a piece used twice', join([sql`${a}`, sql`${a}`], ', '), '{p0:String}, {p0:String}', { p0: 'a' }],
    ['hostile values stay values', sql`${param('String', "'; --")}`, '{p0:String}', { p0: "'; --" }],
    ['lists', sql`${param('Array(String)', ['a', "b'"])}`, '{p0:Array(String)}', { p0: ['a', "b'"] }],
    ['nothing', EMPTY, '', {}],
    ['nothing in between', sql`a${EMPTY}b`, 'ab', {}],
    ['no pieces joined', join([], ' AND '), '', {}],
    ['one piece joined', join([sql`x`], ' AND '), 'x', {}],
    [
      'pieces joined',
      join([sql`x`, sql`y = ${a}`, sql`z`], ' AND '),
      'x AND y = {p0:String} AND z',
      { p0: 'a' },
    ],
    ['a column', sql`SELECT ${identifier('short_code')}`, 'SELECT short_code', {}],
    [
      'any text behind a dot',
      sql`SELECT ${identifier('property.a`; é')}`,
      'SELECT property__61603b20c3a9',
      {},
    ],
  ])('%s', (_, piece, text, params) => {
    expect(render(piece)).toEqual({ sql: text, params });
  });

  test('a value too long for one parameter goes in several, the same twice in the same', () => {
    const text = param('String', Array.from({ length: 13_000 }, (_, index) => String(index)).join(' '));
    const { sql: asked, params } = render(sql`${text} = ${text}`);
    expect(asked).toMatch(/^concat\((.*)\) = concat\(\1\)$/);
    expect(Object.values(params).join('')).toBe(text.value);
    const list = param('Array(String)', ['y'.repeat(40_000), 'z'.repeat(40_000)]);
    const rendered = render(sql`x IN ${list}`);
    expect(rendered.sql).toBe('x IN arrayConcat({p0:Array(String)}, {p1:Array(String)})');
    expect(Object.values(rendered.params).flat()).toEqual(list.value);
  });

  test('rendering again gives the same, alone or as part of another', () => {
    const piece = sql`x = ${a}`;
    expect(render(sql`${b}, ${piece}`).sql).toBe('{p0:UInt8}, x = {p1:String}');
    expect(render(piece)).toEqual(render(piece));
    expect(render(piece).sql).toBe('x = {p0:String}');
  });
});

test.each(['', 'A', 'Browser', '1a', 'a b', 'a;b', 'a`', "a'", '.b', 'A.b', 'a\n', 'é', 'a-b', 'a)'])(
  'identifier refuses %j',
  (name) => {
    expect(() => identifier(name)).toThrow('Not a plain column name.');
  },
);

test('names of an operator are taken where they cannot end their place', () => {
  expect(render(sql`${quoted('web-1.a_B')} ${tableOf('Spoor_1', 'clicks')}`).sql).toBe(
    "'web-1.a_B' Spoor_1.clicks",
  );
  for (const name of ['', "a'", 'a b', 'a\\', 'a)', 'é'])
    expect(() => quoted(name)).toThrow('Not a plain name.');
  for (const name of ['', 'a.b', 'a b', '1a', 'a-b', 'a;']) {
    expect(() => tableOf(name, 'clicks')).toThrow('Not a plain table name.');
    expect(() => tableOf('spoor', name)).toThrow('Not a plain table name.');
  }
});
