import { createRequire } from 'node:module';
import { geoNaturalEarth1, geoPath } from 'd3-geo';
import type { FeatureCollection } from 'geojson';
import iso from 'i18n-iso-countries';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';

/** The map's drawing area, so large that outlines need no decimals. */
export const MAP_SIZE = { width: 9600, height: 4400 } as const;

/** Shapes in the atlas without an ISO 3166 number, and the codes that clicks from there have. */
const CODES_OF_UNNUMBERED: Readonly<Record<string, string>> = {
  Kosovo: 'XK',
  'N. Cyprus': 'CY',
  Somaliland: 'SO',
};

/** Antarctica: no clicks, and a fifth of the picture. */
const OMITTED = 'AQ';

type Atlas = Topology<{ countries: GeometryCollection<{ name: string }> }>;

/** The outline of each country as the `d` of an SVG path, by country code. Runs when the page is built. */
export function drawOutlines(): Readonly<Record<string, string>> {
  const atlas: Atlas = createRequire(import.meta.url)('world-atlas/countries-110m.json');
  const all = feature(atlas, atlas.objects.countries);
  const coded = all.features.map((country) => {
    const { name } = country.properties;
    const code = iso.numericToAlpha2(String(country.id)) ?? CODES_OF_UNNUMBERED[name];
    if (code === undefined) throw new Error(`The atlas has a country without a code: ${name}.`);
    return { code, country };
  });
  const drawn = coded.filter(({ code }) => code !== OMITTED);
  const world: FeatureCollection = {
    type: 'FeatureCollection',
    features: drawn.map(({ country }) => country),
  };
  const path = geoPath(geoNaturalEarth1().fitSize([MAP_SIZE.width, MAP_SIZE.height], world)).digits(0);
  const outlines: Record<string, string> = {};
  for (const { code, country } of drawn)
    outlines[code] = (outlines[code] ?? '') + relativePath(path(country) ?? '');
  return outlines;
}

/** A path of lines (`M0,0L10,0L10,5Z`) with each point from the one before (`m0,0l10,0,0,5z`), which takes a third of the bytes. */
function relativePath(path: string): string {
  let [left, top] = [0, 0];
  return path
    .split('Z')
    .filter((ring) => ring !== '')
    .map((ring) => {
      // A closed ring goes back to its first point, from which the next one is.
      let [x, y] = [left, top];
      const steps = ring
        .slice(1)
        .split('L')
        .map((point) => {
          const [nextX = 0, nextY = 0] = point.split(',').map(Number);
          const step = `${nextX - x},${nextY - y}`;
          [x, y] = [nextX, nextY];
          return step;
        });
      const [first = '', ...others] = steps;
      const [firstX = 0, firstY = 0] = first.split(',').map(Number);
      [left, top] = [left + firstX, top + firstY];
      return `m${first}l${others.join(' ').replaceAll(/[, ]-/g, '-')}z`;
    })
    .join('');
}
