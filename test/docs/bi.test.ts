import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { namesOf } from '../../src/lib/names.ts';
import { DRIVER_SETTINGS, driverSettingOf } from '../../src/sql-users/driver-settings.ts';
import { isInfinity, readDashboard, targetsOf } from '../support/grafana.ts';

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

describe.each(readdirSync('docs/grafana'))('the dashboard %s', (file) => {
  const dashboard = readDashboard(file);
  const { __inputs, __requires, panels, templating } = dashboard;

  test('is linked from docs/bi.md', () => {
    expect(PAGE).toContain(`](grafana/${file})`);
  });

  test('asks for the data source that its panels and variables have, and names all that it needs', () => {
    const sources = [...panels, ...targetsOf(dashboard), ...templating.list].flatMap(
      ({ datasource }) => datasource ?? [],
    );
    const [input] = __inputs;
    expect(__inputs).toHaveLength(1);
    for (const source of sources)
      expect(source).toEqual({ type: input?.pluginId, uid: `\${${input?.name}}` });
    const needed = new Set([...panels.map(({ type }) => type), input?.pluginId, 'grafana']);
    expect(new Set(__requires.map(({ id }) => id))).toEqual(needed);
  });

  test('its panels have ids of their own and do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test('its queries have no other variables than those that it shows, and use each', () => {
    const texts = targetsOf(dashboard).map((target) => (isInfinity(target) ? target.url : target.rawSql));
    const used = texts.flatMap((text) => [...text.matchAll(/\$\{?(?!_)(\w+)/g)].map(([, name]) => name));
    expect(new Set(used)).toEqual(new Set(templating.list.map(({ name }) => name)));
  });
});
