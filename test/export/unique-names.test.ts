import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { FileNames, SheetNames } from '../../src/export/unique-names.ts';

const wanted = fc.oneof(
  fc.constantFrom(
    'Summary',
    'summary',
    'clicks_by_time_browser_os_country_city',
    'clicks_by_time_browser_os_country_referrer',
    'CLICKS_BY_TIME_BROWSER_OS_COUNTRY_CITY',
    'clicks_by_time_browser_os_cou~2',
    'clicks_by_city',
    'clicks_by_city~2',
  ),
  fc.stringMatching(/^[ab]{28,33}$/),
);

test('names are at most 31 characters long, unique whatever the case, and begin as was wanted', () => {
  fc.assert(
    fc.property(fc.array(wanted, { maxLength: 40 }), (all) => {
      const names = new SheetNames(['Summary']);
      const given = all.map((one) => names.next(one));
      expect(new Set(['summary', ...given.map((one) => one.toLowerCase())]).size).toBe(all.length + 1);
      given.forEach((name, index) => {
        expect(name.length).toBeLessThanOrEqual(31);
        const [, stem = '', suffix = ''] = /^(.*?)(~\d+)?$/.exec(name) ?? [];
        expect(all[index]?.slice(0, 31 - suffix.length).startsWith(stem)).toBe(true);
      });
    }),
  );
});

test('a name that is free and fits is left alone', () => {
  const names = new SheetNames([]);
  expect(names.next('clicks_by_city')).toBe('clicks_by_city');
  expect(names.next('x'.repeat(31))).toBe('x'.repeat(31));
});

test('the second of a name gets ~2, the third ~3, the tenth ~10, all of them within 31 characters', () => {
  const names = new SheetNames([]);
  const long = 'unique_clicks_by_browser_os_country_city';
  const given = Array.from({ length: 10 }, () => names.next(long));
  expect(given[0]).toBe(long.slice(0, 31));
  expect(given.slice(1, 3)).toEqual([`${long.slice(0, 29)}~2`, `${long.slice(0, 29)}~3`]);
  expect(given[9]).toBe(`${long.slice(0, 28)}~10`);
});

test('what sheets or files cannot be called is replaced, and the names still differ', () => {
  const sheets = new SheetNames([]);
  expect(["a:b\\c/d?e*f'g[h]", 'a_b_c_d_e_f_g_h_'].map((name) => sheets.next(name))).toEqual([
    'a_b_c_d_e_f_g_h_',
    'a_b_c_d_e_f_g_h_~2',
  ]);
  expect(sheets.next(`${'x'.repeat(30)}😀`)).toBe('x'.repeat(30));
  const files = new FileNames();
  expect(['by_a/../b', 'by_a|..\\b'].map((name) => files.next(name))).toEqual(['by_a_.._b', 'by_a_.._b~2']);
  expect(files.next('x'.repeat(300))).toHaveLength(200);
});
