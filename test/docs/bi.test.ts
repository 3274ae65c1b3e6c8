import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { namesOf } from '../../src/lib/names.ts';
import { DRIVER_SETTINGS, driverSettingOf } from '../../src/sql-users/driver-settings.ts';

const PAGE = readFileSync('docs/bi.md', 'utf8');

test('docs/bi.md lists the settings that drivers may change, with their bounds', () => {
  const figure = (value: number | undefined): string => value?.toLocaleString('en-US') ?? '';
  const rows = namesOf(DRIVER_SETTINGS).map((name) => {
    const { value, min = 0, max, sentBy } = driverSettingOf(name);
    const bounds = max === undefined ? '' : `${figure(min)} to ${figure(max)}`;
    return `| \`${name}\` | ${figure(value)} | ${bounds} | ${sentBy} |`.replaceAll('  ', ' ');
  });
  expect(PAGE.replaceAll('  ', ' ')).toContain(rows.join('\n'));
});
